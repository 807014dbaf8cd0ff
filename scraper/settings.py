"""Settings of the Scrapy project; any of them can be given as `-s NAME=VALUE`."""

from os import environ

BOT_NAME = "warta"
# A spider for each profile of scraper.spiders.
SPIDER_LOADER_CLASS = "scraper.crawling.process.SiteSpiders"

# Our own.
ARCHIVE = environ.get("WARTA_ARCHIVE", "news.db")
CONTACT = environ.get("WARTA_CONTACT", "no contact given")
# Pages whose bytes are kept: changed (those that made a revision), all, first (a story's first).
KEEP = "changed"
# A fixed time (ISO 8601) in place of the clock, for tests and reproducible runs.
NOW: str | None = None
DEMO: str | None = None  # marks the crawls of `warta demo`
LONGEST = 0  # seconds after which a crawl is ended (`out_of_time`); 0: never
# Requests for sources in a crawl, and the minutes that they take; more for each day of `since`.
SOURCE_REQUESTS = 1_000
SOURCE_MINUTES = 60
RETRY_AFTER_MAX = 300.0  # seconds; a longer pause ends the crawl
# Longest delay in seconds that responses 429 and 503 lead to; 0: they change nothing.
SLOWEST_DELAY = 60.0
PROGRESS_BAR = False  # `warta crawl` turns it on
# Pages are read in processes of their own, which all crawls of a process share.
READERS = 1
READING_DEADLINE = 10.0  # seconds that reading a page may take
READING_MEMORY = 1000  # megabytes that it may need

# Politeness: robots.txt, one request per second and site, one at a time (all hosts of a site share
# one slot). The user agent consists of our name and the contact (NewsSpider.update_settings).
ROBOTSTXT_OBEY = True
DOWNLOAD_DELAY = 1.0
DOWNLOAD_DELAY_JITTER = 0.0  # never less than promised
CONCURRENT_REQUESTS = 2  # one in progress, one ready: a requested pause begins at once
CONCURRENT_REQUESTS_PER_DOMAIN = 1
CONCURRENT_ITEMS = 1
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"  # keeps the ledger's order
COOKIES_ENABLED = False
WARN_ON_GENERATOR_RETURN_VALUE = False  # it parses a callback's source at every response
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "id,en;q=0.5",
}

# Limits: pages are hostile.
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 10 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
REDIRECT_MAX_TIMES = 5
METAREFRESH_ENABLED = False  # IslamTimes reloads itself every half hour
TWISTED_DNS_RESOLVER = "scraper.politeness.resolver.PublicAddressResolver"
DOWNLOAD_HANDLERS = {
    **dict.fromkeys(("file", "ftp", "s3", "data")),
    "http": "scraper.crawling.middlewares.download_handler.PoliteHandler",
    "https": "scraper.crawling.middlewares.download_handler.PoliteHandler",
}

# Every status reaches the spider and the ledger, which also knows what was requested before.
HTTPERROR_ALLOW_ALL = True
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"

DOWNLOADER_MIDDLEWARES = {
    "scraper.crawling.middlewares.offsite.SiteBoundaryMiddleware": 40,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scraper.crawling.middlewares.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scraper.crawling.middlewares.retry_after.RetryAfterMiddleware": 560,
    "scraper.crawling.middlewares.decompression.DecompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "scraper.crawling.middlewares.cookie_walls.CookieWallMiddleware": 610,
}
SPIDER_MIDDLEWARES = {  # what each of them adds to a response's way is passed for every item of it
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,  # every status is allowed
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,  # no depth is limited
}
ITEM_PIPELINES = {
    "scraper.crawling.pipelines.KeepSnapshot": 100,
    "scraper.crawling.pipelines.ReadArticle": 200,
    "scraper.crawling.pipelines.WriteRevision": 300,
}
EXTENSIONS = {
    # Doors into a running crawl; importing the second, even to leave it closed, loads aiohttp.
    "scrapy.extensions.telnet.TelnetConsole": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
    "scraper.crawling.extensions.CrawlRecord": 100,
    "scraper.crawling.extensions.LeaseWatch": 150,
    "scraper.crawling.extensions.ProgressBar": 200,
}

LOG_LEVEL = "INFO"
