"""Every option of Mailgauge, with its type, its default and its description, from which the reference page is made."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mailgauge.ses.limits import AMAZON

Verification = Literal["automatic", "mail"]

# The Regions that have SES, the oldest first.
SMTP_REGIONS = (
    *("us-east-1", "us-west-2", "eu-west-1"),
    *("us-east-2", "us-west-1", "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
    *("ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-5", "ca-central-1"),
    *("ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-west-2", "eu-west-3"),
    *("il-central-1", "me-central-1", "me-south-1", "sa-east-1", "us-gov-east-1", "us-gov-west-1"),
)  # fmt: skip


class Server(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where the service listens."""

    listen: Annotated[
        str,
        Meta(
            description="HTTP: the AWS APIs, the console at /console, /healthz. Port 0 picks a free one. With [tls] it is HTTPS; `serve` listens beyond loopback only with it, or with trusted_proxies."
        ),
    ] = "127.0.0.1:4566"
    inbound: Annotated[
        str,
        Meta(
            description="SMTP for what comes back about sent mail: complaints, bounces, automatic replies. Production: 0.0.0.0:25."
        ),
    ] = "127.0.0.1:2525"
    smtp: Annotated[
        str,
        Meta(
            description="SMTP submission with STARTTLS; several addresses are separated by commas, none is no listener. Production adds 0.0.0.0:587."
        ),
    ] = "127.0.0.1:2587"
    smtps: Annotated[
        str,
        Meta(description="The same over TLS from the first byte. Production adds 0.0.0.0:465."),
    ] = "127.0.0.1:2465"
    trusted_proxies: Annotated[
        list[str],
        Meta(
            description="Addresses or networks of proxies that speak TLS to the world and HTTP to us: only theirs are X-Forwarded-For and X-Forwarded-Proto believed."
        ),
    ] = []
    metrics_token: Annotated[
        str,
        Meta(
            description="Who sends it as `Authorization: Bearer TOKEN` may read /metrics from anywhere; without one only this machine may. Better given as MAILGAUGE_SERVER_METRICS_TOKEN.",
            extra={"secret": True},
        ),
    ] = ""
    hosts: Annotated[
        list[str], Meta(description="`local` only: names in the Host header to accept besides loopback's.")
    ] = []
    allow_remote: Annotated[
        bool,
        Meta(
            description="`local` only: allow a listen address that is not loopback, for containers. Nothing else changes."
        ),
    ] = False


class Service(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How the service appears in mail."""

    domain: Annotated[
        str,
        Meta(
            description="Host part of Message-IDs and return paths, and the name given in EHLO. Once a route leads away from this machine, it must be a name that others can look up."
        ),
    ] = "mailgauge.localhost"
    name: Annotated[
        str, Meta(description="Name in mails of the service itself, as in address verification.")
    ] = "Mailgauge"
    postmaster: Annotated[
        str,
        Meta(
            description="Your address: letters to postmaster@ and abuse@ of the domain are sent on to it. Empty: they are refused."
        ),
    ] = ""
    feedback_addresses: Annotated[
        list[str],
        Meta(
            description="Addresses that are registered with feedback loops of mailbox providers: abuse reports to them are taken, and count where they return a return path of this service."
        ),
    ] = []
    url: Annotated[
        str,
        Meta(
            description="Where links in such mails lead (http:// or https://); empty means the HTTP address the service listens on."
        ),
    ] = ""


SANDBOX_QUOTAS = {"max_24_hour_send": 200.0, "max_send_rate": 1.0}
"""What the sandbox allows, where nothing else is set (the SES developer guide, "Request production access")."""


class Accounts(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What every account may do."""

    verification: Annotated[
        Verification,
        Meta(
            description="How identities are verified: `automatic`, at once (the default of `local`), or `mail`, addresses by a link and domains by DNS."
        ),
    ] = "mail"
    feedback_forwarding: Annotated[
        bool,
        Meta(
            description="Whether senders hear of bounces and complaints by mail, as their identities' settings say. `local` doesn't: that mail would be among what a program under test sent."
        ),
    ] = True
    sandbox: Annotated[
        bool,
        Meta(
            description="Recipients must be verified too, as in a new SES account. The next two options are 200 and 1 then, where they are not set."
        ),
    ] = False
    max_24_hour_send: Annotated[
        float, Meta(description="Recipients in 24 hours; -1 is unlimited, as SES writes it.", ge=-1, le=1e12)
    ] = -1.0
    max_send_rate: Annotated[
        float,
        Meta(
            description="Recipients a second; 0 sets no limit, and GetSendQuota then shows 1000.",
            ge=0,
            le=1e6,
        ),
    ] = 0.0
    regions: Annotated[
        tuple[str, ...],
        Meta(
            description="The Regions of SMTP logins: which of them one is for follows from its password. Requests by HTTP name theirs."
        ),
    ] = SMTP_REGIONS


class Tls(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The service's own certificate, for SMTP and, where it is given, for HTTP. Read again when the files change.

    Without one, SMTP has a self-signed certificate, made at the first start, and HTTP is not encrypted.
    """

    cert: Annotated[str, Meta(description="File of the certificate and its chain, PEM.")] = ""
    key: Annotated[str, Meta(description="File of its private key, PEM, not encrypted.")] = ""


class Delivery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How mail leaves. `local` captures everything, whatever stands here."""

    route: Annotated[
        Literal["capture", "mx", "smarthost"],
        Meta(
            description="Where mail goes: `capture`, the built-in mailbox; `mx`, the recipients' own servers; `smarthost`, the server of [smarthost]."
        ),
    ] = "capture"
    domains: Annotated[
        dict[str, str],
        Meta(
            description='The same for recipients of one domain, or with `*.` in front of those below it: `{ "corp.example" = "smarthost" }`. HOST:PORT is a server of its own.'
        ),
    ] = {}
    mx_port: Annotated[int, Meta(description="The port of MX hosts.", ge=1, le=65535)] = 25
    ipv6: Annotated[bool, Meta(description="Whether MX hosts are reached by IPv6 too.")] = True
    allow_private: Annotated[
        bool,
        Meta(
            description="Whether MX records may lead to addresses of this machine or of private networks. Anybody can publish such records, so only for a DNS that you trust."
        ),
    ] = False
    mta_sts: Annotated[
        bool, Meta(description="Whether the policies of receiving domains are looked up and kept (RFC 8461).")
    ] = True
    most_connections: Annotated[
        int,
        Meta(description="Connections at once to one site, which is what shares MX hosts.", ge=1, le=1000),
    ] = 10
    most_per_second: Annotated[
        float, Meta(description="Messages a second to one site; 0 is no limit.", ge=0, le=1e6)
    ] = 0.0
    capture: Annotated[
        str,
        Meta(
            description="An SMTP server on this machine (HOST:PORT, loopback only) that receives captured mail in place of the built-in mailbox."
        ),
    ] = ""
    addresses: Annotated[
        list[str],
        Meta(
            description="Addresses of this machine that mail may leave from; dedicated IP pools are made of them."
        ),
    ] = []
    retry_pauses: Annotated[
        tuple[Annotated[float, Meta(gt=0, le=604_800)], ...],
        Meta(
            min_length=1,
            description="Seconds before the second, third, ... attempt; the last one repeats. `local` starts with 2.",
        ),
    ] = (60, 120, 300, 600, 900, 1800)


class Smarthost(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The server that mail is handed to where the route says `smarthost`."""

    address: Annotated[str, Meta(description="HOST:PORT.")] = ""
    tls: Annotated[
        Literal["starttls", "tls", "opportunistic", "off"],
        Meta(
            description="`starttls` and `tls` (from the first byte) want a certificate that holds; `opportunistic` takes what is offered."
        ),
    ] = "starttls"
    username: Annotated[str, Meta(description="Empty: no login.")] = ""
    password: Annotated[
        str, Meta(description="Better given as MAILGAUGE_SMARTHOST_PASSWORD.", extra={"secret": True})
    ] = ""


class Scan(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The virus scan. Without a scanner only the EICAR test file is recognised."""

    clamd: Annotated[
        str, Meta(description="clamd://HOST:PORT or unix:/PATH of ClamAV's daemon; empty: no scanner.")
    ] = ""
    timeout: Annotated[float, Meta(description="Seconds a scan may take.", gt=0, le=3600)] = 60.0


class Tracking(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Opens and clicks, for mail of configuration sets with an event destination that asks for them."""

    url: Annotated[
        str,
        Meta(description="Where links and pixels lead without a custom domain; empty means [service] url."),
    ] = ""
    days: Annotated[
        float,
        Meta(description="For how long after sending they count; links lead on for ever.", gt=0, le=3650),
    ] = 60.0
    hidden_link: Annotated[
        bool,
        Meta(
            description="Adds a link that people don't see: who follows it is a machine, and so are its other clicks."
        ),
    ] = False


class Privacy(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is kept about the people who get mail."""

    client_ip: Annotated[
        Literal["full", "truncated", "none"],
        Meta(description="Addresses of who opens and clicks; `truncated` keeps 24 bits of IPv4, 48 of IPv6."),
    ] = "full"


class Outgoing(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Requests by HTTP to places that users name: subscribers of topics, webhooks of alarms. Redirects are not followed."""

    allow_private: Annotated[
        bool,
        Meta(
            description="Whether they may lead to this machine and to private networks; `local` lets them. Link-local addresses, where clouds keep secrets, are never asked."
        ),
    ] = False
    ports: Annotated[
        tuple[Annotated[int, Meta(ge=1, le=65535)], ...],
        Meta(description="Ports below 1024 that they may lead to, besides 80 and 443."),
    ] = ()


class Dns(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Where DNS records are looked up: those that prove domains, and those that say where mail goes."""

    resolvers: Annotated[
        list[str],
        Meta(description="Name servers, each ADDRESS or ADDRESS:PORT; none means those of the system."),
    ] = []
    timeout: Annotated[
        float, Meta(description="Seconds until a question counts as not answered.", gt=0, le=300)
    ] = 5.0


class Keep(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How long things are kept."""

    content_hours: Annotated[
        float, Meta(description="A message's content after its last outcome.", gt=0, le=87_600)
    ] = 24.0
    journal_days: Annotated[
        float, Meta(description="Facts and journal: statistics and audit reach as far.", ge=1, le=3_650)
    ] = 60.0
    metric_data_hours: Annotated[
        float, Meta(description="Journal entries of PutMetricData calls.", ge=1, le=87_600)
    ] = 48.0
    transcript_days: Annotated[
        float, Meta(description="What was said in attempts to deliver.", gt=0, le=3_650)
    ] = 30.0
    dialogues: Annotated[
        Literal["failures", "all"],
        Meta(
            description="Whose SMTP dialogue is kept: that of attempts that did not deliver to everybody at once, or every one."
        ),
    ] = "failures"
    mailbox_messages: Annotated[
        int, Meta(description="Messages in the built-in mailbox.", ge=1, le=10**9)
    ] = 10_000
    mailbox_bytes: Annotated[int, Meta(description="Bytes in the built-in mailbox.", ge=1, le=1 << 50)] = (
        1 << 30
    )


class Reputation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """When sending is paused by itself: never, unless a rate is set here.

    Judged are each account, and each configuration set that publishes reputation metrics. Switching sending on again
    by the API is a fresh start.
    """

    pause_bounce_rate: Annotated[
        float,
        Meta(
            description="Hard bounces by sends, as a fraction; Amazon pauses from 0.1 on. 0 is never.",
            ge=0,
            le=1,
        ),
    ] = 0.0
    pause_complaint_rate: Annotated[
        float,
        Meta(
            description="Complaints by sends, as a fraction; Amazon pauses from 0.005 on. 0 is never.",
            ge=0,
            le=1,
        ),
    ] = 0.0
    least_sends: Annotated[
        int, Meta(description="With fewer sends than this nothing is judged.", ge=1, le=10**9)
    ] = 100


class Alarms(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What alarms may do on this machine."""

    commands: Annotated[
        dict[str, list[str]],
        Meta(
            description='Commands that alarms of every account may run, by name: `{ page = ["/usr/local/bin/page", "--urgent"] }`. Each is a program with its arguments, without a shell; the alarm comes on its standard input. `local` runs none.'
        ),
    ] = {}
    command_seconds: Annotated[float, Meta(description="Seconds that a command may run.", gt=0, le=100)] = (
        30.0
    )


class Limits(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How much an account may have in a Region, and a message may have. The defaults are Amazon's numbers."""

    identities: Annotated[int, Meta(description="Verified or not.", ge=0)] = AMAZON.identities
    identity_policies: Annotated[int, Meta(description="Policies of an identity.", ge=0)] = (
        AMAZON.identity_policies
    )
    identity_policy_bytes: Annotated[int, Meta(description="Bytes of such a policy.", ge=0)] = (
        AMAZON.identity_policy_bytes
    )
    configuration_sets: Annotated[int, Meta(description="Configuration sets.", ge=0)] = (
        AMAZON.configuration_sets
    )
    event_destinations: Annotated[
        int, Meta(description="Event destinations of a configuration set.", ge=0)
    ] = AMAZON.event_destinations
    dimensions: Annotated[
        int, Meta(description="Dimensions of a CloudWatch destination; a metric has at most 30.", ge=1, le=30)
    ] = AMAZON.dimensions
    recipients: Annotated[int, Meta(description="To, Cc and Bcc of a message together.", ge=1)] = (
        AMAZON.recipients
    )
    bulk_destinations: Annotated[int, Meta(description="Destinations of a bulk send.", ge=1)] = (
        AMAZON.bulk_destinations
    )
    message_bytes_v1: Annotated[int, Meta(description="Size of a message sent by API v1, encoded.", ge=1)] = (
        AMAZON.message_bytes_v1
    )
    message_bytes_v2: Annotated[int, Meta(description="The same by API v2.", ge=1)] = AMAZON.message_bytes_v2
    message_tags: Annotated[
        int, Meta(description="Tags given with a message; Amazon names no number.", ge=0)
    ] = AMAZON.message_tags
    headers: Annotated[int, Meta(description="Header fields added by a call of API v2.", ge=0)] = (
        AMAZON.headers
    )
    mime_parts: Annotated[int, Meta(description="MIME parts of a message.", ge=1)] = AMAZON.mime_parts
    line_bytes: Annotated[
        int, Meta(description="A line of a raw message, with its line end; SMTP has no more.", ge=80, le=1000)
    ] = AMAZON.line_bytes
    templates: Annotated[int, Meta(description="Email templates.", ge=0)] = AMAZON.templates
    template_bytes: Annotated[int, Meta(description="All parts of a template together.", ge=1)] = (
        AMAZON.template_bytes
    )
    custom_verification_templates: Annotated[int, Meta(description="Such templates.", ge=0)] = (
        AMAZON.custom_verification_templates
    )
    custom_verification_bytes: Annotated[int, Meta(description="Content of such a template.", ge=1)] = (
        AMAZON.custom_verification_bytes
    )
    contact_lists: Annotated[int, Meta(description="Contact lists.", ge=0)] = AMAZON.contact_lists
    topics: Annotated[int, Meta(description="Topics of a contact list.", ge=0)] = AMAZON.topics
    resource_tags: Annotated[int, Meta(description="Tags of a resource.", ge=0)] = AMAZON.resource_tags
    ip_pools: Annotated[int, Meta(description="Dedicated IP pools; Amazon names no number.", ge=0)] = (
        AMAZON.ip_pools
    )
    calls_per_second: Annotated[
        float,
        Meta(
            description="Calls of the SES APIs that send nothing, for each account in a Region; Amazon allows 1. 0 is no limit.",
            ge=0,
            le=1e6,
        ),
    ] = AMAZON.calls_per_second


class Log(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The log on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least level that is written.")
    ] = "info"


class Config(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration, by section."""

    server: Server = msgspec.field(default_factory=Server)
    service: Service = msgspec.field(default_factory=Service)
    tls: Tls = msgspec.field(default_factory=Tls)
    accounts: Accounts = msgspec.field(default_factory=Accounts)
    delivery: Delivery = msgspec.field(default_factory=Delivery)
    smarthost: Smarthost = msgspec.field(default_factory=Smarthost)
    scan: Scan = msgspec.field(default_factory=Scan)
    tracking: Tracking = msgspec.field(default_factory=Tracking)
    privacy: Privacy = msgspec.field(default_factory=Privacy)
    outgoing: Outgoing = msgspec.field(default_factory=Outgoing)
    dns: Dns = msgspec.field(default_factory=Dns)
    keep: Keep = msgspec.field(default_factory=Keep)
    reputation: Reputation = msgspec.field(default_factory=Reputation)
    alarms: Alarms = msgspec.field(default_factory=Alarms)
    limits: Limits = msgspec.field(default_factory=Limits)
    log: Log = msgspec.field(default_factory=Log)


def local_defaults() -> Config:
    """What ``mailgauge local`` starts from: identities verify at once, and a second attempt comes after seconds."""
    config = Config()
    config.accounts.verification = "automatic"
    config.accounts.feedback_forwarding = False
    config.delivery.retry_pauses = (2, 5, 10, 30, 60, 300, 1800)
    config.keep.dialogues = "all"
    config.log.level = "warning"
    return config
