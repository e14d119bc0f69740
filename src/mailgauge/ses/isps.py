"""Which mailbox provider a recipient is at, by its domain: data, as far as the domain alone tells."""

from typing import Final

UNKNOWN: Final = "UNKNOWN_ISP"

_DOMAINS: Final = {
    # googlemail.com is what Gmail is called where the name was taken.
    "Gmail": ("gmail.com", "googlemail.com"),
    "Yahoo": (
        "yahoo.com",
        "ymail.com",
        "rocketmail.com",
        "yahoo.co.uk",
        "yahoo.fr",
        "yahoo.de",
        "yahoo.co.in",
    ),
    "AOL": ("aol.com", "aim.com"),
    "Hotmail": ("hotmail.com", "outlook.com", "live.com", "msn.com", "hotmail.co.uk", "hotmail.fr"),
    "iCloud": ("icloud.com", "me.com", "mac.com"),
    "Comcast": ("comcast.net", "xfinity.com"),
    "GMX": ("gmx.de", "gmx.net", "gmx.com", "gmx.at"),
    "Web.de": ("web.de",),
    "Orange": ("orange.fr", "wanadoo.fr"),
    "Yandex": ("yandex.ru", "yandex.com", "ya.ru"),
    "Mail.ru": ("mail.ru", "bk.ru", "list.ru", "inbox.ru"),
}
_BY_DOMAIN: Final = {domain: name for name, domains in _DOMAINS.items() for domain in domains}

# Gmail reports no complaints to senders; others are given the benefit of the doubt.
_WITHOUT_FEEDBACK: Final = frozenset({"Gmail"})


def isp_of(address: str) -> str:
    """The provider's name, or UNKNOWN_ISP."""
    return _BY_DOMAIN.get(address.rpartition("@")[2].lower(), UNKNOWN)


def gives_feedback(isp: str) -> bool:
    """Whether complaints at this provider come back to the sender."""
    return isp not in _WITHOUT_FEEDBACK
