"""Import of web archives: WARC, WACZ, and folders of saved pages."""
