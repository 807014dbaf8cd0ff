"""Changes the program: a connection that breaks is a name that cannot be resolved."""

from scraper.crawling import responses, spider

spider.refusal_of_error = lambda failure: {"connection_failed": "dns_failed"}.get(  # type: ignore[assignment]
    reason := responses.refusal_of_error(failure), reason
)
