"""Rules of sendlog that JSON Schema cannot state, for schemathesis (https://schemathesis.readthedocs.io).

Requests that are valid by the schemas of the OpenAPI document are changed to be valid by its descriptions as well. Webhooks
call a closed port of this machine and nothing else.
"""

import gzip
import ipaddress
import itertools
import json
import re
import socket
from collections import deque

import requests
import schemathesis
from hypothesis import strategies as st

# TCP port 1 of the loopback interface, on which nothing listens.
RECEIVER = "127.0.0.1:1"
# The server allows 100 webhooks.
MAX_WEBHOOKS = 60
# Headers that the server sets itself: the description of WebhookHeaders.
RESERVED_HEADERS = set(
    "host content-length content-type content-encoding transfer-encoding connection keep-alive te trailer upgrade expect "
    "proxy-authorization proxy-connection idempotency-key webhook-id webhook-timestamp webhook-signature user-agent "
    "accept-encoding".split()
)
FIELDS = [
    "send._id",
    "send.campaign_id",
    "send.message",
    "send.triggeredBy",
    "send.startDeliveryAt",
    "send.destinations",
    "campaign._id",
    "campaign.name",
    "organisation._id",
]
MESSAGE = re.compile(r"\{\{ *send\.message *\}\}")

# -------------------------------------------------------------------------------------------------- generated data

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"), max_size=20)
fields = st.sampled_from(FIELDS).map("{{{{{}}}}}".format)
json_values = st.one_of(
    texts.map(json.dumps),
    fields,
    st.tuples(texts, fields, texts).map(lambda parts: json.dumps("".join(parts))),
    st.integers().map(str),
    st.sampled_from(["null", "true", "[]", "{}", "[1, {{send._id}}]", '{"a": "{{ campaign.name }}"}']),
)
# At most three fields, so at most three messages.
json_templates = st.dictionaries(texts.map(json.dumps), json_values, max_size=3).map(
    lambda members: "{" + ", ".join(f"{name}: {value}" for name, value in members.items()) + "}"
)
schemathesis.openapi.format("json-template", json_templates)


@st.composite
def import_lines(draw):
    """Lines of an import: valid ones, others that are JSON, and some that are not."""
    identifiers = st.text("abcABC019_-", min_size=1, max_size=64)
    valid = st.fixed_dictionaries(
        {
            "campaign_id": identifiers,
            "message": st.text(max_size=50),
            "triggeredBy": st.text(min_size=1, max_size=64),
            "destinations": st.lists(st.text("+0123456789", min_size=1, max_size=15), max_size=5),
        },
        optional={
            "_id": identifiers,
            "startDeliveryAt": st.one_of(st.none(), st.datetimes().map(lambda time: time.isoformat() + "Z")),
        },
    )
    others = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20)),
        lambda values: st.one_of(st.lists(values, max_size=3), st.dictionaries(st.text(max_size=10), values, max_size=3)),
        max_leaves=5,
    )
    lines = draw(st.lists(st.one_of(valid.map(json.dumps), others.map(json.dumps), st.text(max_size=30)), max_size=8))
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n"]))


@schemathesis.hook("before_generate_body").apply_to(path="/send-logs/import")
def generate_import(context, strategy):
    return st.one_of(import_lines(), strategy)


# ------------------------------------------------------------------------------------------------------- each request

clients = itertools.count(1)
keys = itertools.count(1)
send = requests.Session.send


def send_as_next_client(session, request, **options):
    """Sends each request as another client: the server delays responses to a client that has sent many invalid keys.

    A body is compressed as its Content-Encoding says.
    """
    client = next(clients) % 2**24
    request.headers["X-Forwarded-For"] = str(ipaddress.ip_address("10.0.0.0") + client)
    if request.headers.get("Content-Encoding") == "gzip":
        body = request.body or b""
        request.body = gzip.compress(body.encode() if isinstance(body, str) else body)
        request.headers["Content-Length"] = str(len(request.body))
    return send(session, request, **options)


requests.Session.send = send_as_next_client


@schemathesis.hook
def before_call(context, case, kwargs):
    body, positive = case.body, case.meta is None or case.meta.generation.mode.is_positive
    if case.operation.path.startswith("/webhooks") and isinstance(body, dict):
        call_loopback_only(body, case.operation.schema)
    if not positive:
        return
    if "Idempotency-Key" in case.headers:
        # The same key may only come with the same request.
        case.headers["Idempotency-Key"] = f"{next(keys)} {case.headers['Idempotency-Key']}"[:255].rstrip()
    if case.operation.path == "/send-logs/export" and case.query.get("format") == "csv":
        case.query.pop("group_destinations", None)
    if not isinstance(body, dict):
        return
    if case.operation.path in ("/send-logs/search", "/send-logs/export"):
        complete_recipients(body)
    if case.operation.path == "/recipients/compare":
        complete_comparison(body, case.query)
    if case.operation.label == "POST /send-logs":
        body["message"] = body["message"].encode()[:65536].decode(errors="ignore")
    if case.operation.label == "POST /webhooks":
        complete_webhook(body)
    if case.operation.label == "PUT /webhooks/{webhook_id}":
        # Whether one of these is allowed depends on the others, in the webhook or in the request.
        if {"method", "body", "encodeIntoUrl"} & set(body):
            body.setdefault("method", "POST")
            body.setdefault("body", None)
            body.setdefault("encodeIntoUrl", False)
        complete_webhook(body)


def complete_comparison(body, query):
    """Makes a comparison follow the rules that only the descriptions state."""
    for audience in filter(None, (body.get("a"), body.get("b"))):
        if set(audience) == {"startDeliveryAt"} and not any(audience["startDeliveryAt"].values()):
            audience["startDeliveryAt"] = {"$gte": "2022-01-01"}
        if audience.get("destinations"):
            audience["destinations"] = [complete_recipient(recipient) for recipient in audience["destinations"]]
    if "list" not in query:
        query.pop("format", None)
    elif not body.get("b"):
        query["list"] = "a"


def complete_recipients(body):
    """Replaces recipients that may be blank or too long in their normal form."""
    find = body.get("find") or {}
    recipients = find.get("destination")
    if isinstance(recipients, str):
        find["destination"] = complete_recipient(recipients)
    elif recipients:
        find["destination"] = [complete_recipient(recipient) for recipient in recipients]


def complete_recipient(recipient):
    return recipient[:100] if re.search("[A-Za-z0-9]$", recipient[:100]) else "27821234567"


def call_loopback_only(body, schema):
    """Replaces the host of a URL that the server can accept."""
    url = body.get("url")
    pattern = schema.raw_schema["components"]["schemas"]["WebhookURL"]["pattern"]
    if isinstance(url, str) and (re.search(pattern, url) or has_numeric_host(url)):
        body["url"] = re.sub(r"^([A-Za-z]+://)[^/?]*", rf"\g<1>{RECEIVER}", url)


def has_numeric_host(url):
    """Whether the host is an IPv4 address in a notation that the pattern does not match."""
    try:
        socket.inet_aton(re.sub(r"^[A-Za-z]+://([^/?:]*).*", r"\1", url, flags=re.DOTALL))
        return True
    except (OSError, ValueError):
        return False


def complete_webhook(body):
    """Makes a webhook follow the rules that only the descriptions state."""
    if body.get("encodeIntoUrl") and body.get("body") is None:
        body["body"] = "{}"
    if body.get("method") == "GET" and not body.get("encodeIntoUrl") and "body" in body:
        body["body"] = None
    if body.get("encodeIntoUrl") and re.search(r'\{\{[^}]*\}\}"\s*:', body["body"]):
        body["body"] = "{}"
    if "url" in body:
        body["url"] = without_more_messages(body["url"])
    headers = body.get("headers")
    if headers:
        allowed = {}
        for name, value in headers.items():
            lower = name.lower()
            if lower not in RESERVED_HEADERS and lower not in {other.lower() for other in allowed}:
                allowed[name] = without_more_messages(value)
        body["headers"] = allowed


def without_more_messages(template):
    """Replaces all but the first four uses of `{{send.message}}`."""
    count = 0

    def replace(match):
        nonlocal count
        count += 1
        return match.group() if count <= 4 else "{{send._id}}"

    return MESSAGE.sub(replace, template)


# ------------------------------------------------------------------------------------------------ after each response

webhooks = deque()


@schemathesis.hook
def after_call(context, case, response):
    """Deletes the oldest webhooks before there are 100."""
    if case.operation.label != "POST /webhooks" or response.status_code != 201:
        return
    webhooks.append(response.json()["data"]["_id"])
    if len(webhooks) > MAX_WEBHOOKS:
        url = response.request.url.split("?")[0]
        headers = {"Authorization": response.request.headers["Authorization"]}
        requests.delete(f"{url}/{webhooks.popleft()}", headers=headers, timeout=20)
