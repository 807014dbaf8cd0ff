"""Which pages of a web archive are imported."""

from dataclasses import dataclass
from hashlib import sha256

from scraper.ingest.web_archives.records import SiteOf
from scraper.sites.site import Site
from scraper.spiders import any_site_of, site_of, sites


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pages of a web archive are imported."""

    any_site: bool = False
    """Also those of publishers without a profile."""
    languages: tuple[str, ...] = ()
    """Only stories in these; all where empty."""
    site: str | None = None
    """Only those of this publisher; None for all."""

    def terms(self) -> str:
        """Return a digest of what decides which captures are stories."""
        decides = [*sorted(sites()), *("any site" for _ in range(self.any_site))]
        decides += [f"language {code}" for code in sorted(set(self.languages))]
        decides += [f"site {self.site}" for _ in range(self.site is not None)]
        return sha256("\n".join(decides).encode()).hexdigest()

    @property
    def site_of(self) -> SiteOf:
        """The function that finds the publisher of an address."""
        return self._site_of if self.site is not None else self._every

    @property
    def _every(self) -> SiteOf:
        return any_site_of if self.any_site else site_of

    def _site_of(self, url: str) -> Site | None:
        found = self._every(url)
        return found if found is not None and found.name == self.site else None
