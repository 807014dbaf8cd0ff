"""When sites are due, and the processes that crawl them; imports configuration and politeness."""
