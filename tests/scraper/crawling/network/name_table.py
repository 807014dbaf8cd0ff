"""Addresses of invented names, as a resolver would give them."""

ADDRESSES = {
    "rmol.id": ("93.184.216.34",),
    "loopback.rmol.id": ("127.0.0.1",),
    "private.rmol.id": ("10.1.2.3",),
    "metadata.rmol.id": ("169.254.169.254",),
    "both.rmol.id": ("93.184.216.34", "192.168.1.1"),
    "six.rmol.id": ("2606:2800:220:1::1", "fd00::1"),
    "mapped.rmol.id": ("::ffff:127.0.0.1",),
    "nat.rmol.id": ("64:ff9b::7f00:1",),
    "public.rmol.id": ("93.184.216.35", "2606:2800:220:1::1"),
}
