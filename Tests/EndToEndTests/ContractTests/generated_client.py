"""Uses a client that openapi-python-client generated for every operation of the API.

Usage: generated_client.py URL KEY DOCUMENT RECEIVER, with the generated package sendlog_client in PYTHONPATH

URL is the server's, DOCUMENT the file that the client was generated from, RECEIVER the URL of a webhook receiver. Exits with
an error if a response is not as documented, or if an operation of the document was not used successfully.
"""
import gzip
import json
import re
import sys
import time
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from uuid import uuid4

import httpx
from sendlog_client import AuthenticatedClient, Client
from sendlog_client.api.account import get_balance, list_tags, who_am_i
from sendlog_client.api.campaigns import get_campaign, list_campaigns, name_campaign, search_campaigns
from sendlog_client.api.recipients import compare_recipients
from sendlog_client.api.send_logs import (
    create_send_log,
    export_send_logs,
    get_send_log,
    import_send_logs,
    search_send_logs,
)
from sendlog_client.api.service import get_health, get_metrics, get_open_api
from sendlog_client.api.webhooks import (
    cancel_replays,
    create_webhook,
    delete_webhook,
    get_webhook,
    list_deliveries,
    list_webhooks,
    redeliver,
    redeliver_failed,
    replay_sends,
    test_webhook,
    update_webhook,
)
from sendlog_client.models import (
    AudienceOfCampaigns,
    AudienceOfList,
    AudienceOfSend,
    CampaignFind,
    CampaignOptions,
    CampaignOrder,
    CampaignSearch,
    CampaignSort,
    CampaignUpdate,
    Comparison,
    ContentEncoding,
    DateRange,
    DeliveryState,
    ErrorCode,
    ErrorEnvelope,
    ExportFormat,
    Find,
    GroupDestinations,
    NewSendLog,
    NewWebhook,
    Redelivery,
    ReplayAfter,
    SearchOptions,
    SearchRequest,
    SearchSort,
    SortDirection,
    WebhookMethod,
    WebhookState,
    WebhookTest,
    WebhookUpdate,
)
from sendlog_client.types import File

URL, KEY, DOCUMENT, RECEIVER = sys.argv[1:]
used = set()


def note(response):
    """Notes the method and the path of a successful request."""
    if response.status_code < 400:
        used.add((response.request.method, response.request.url.path))


SETTINGS = {"base_url": URL, "timeout": httpx.Timeout(60), "httpx_args": {"event_hooks": {"response": [note]}}}
client = AuthenticatedClient(token=KEY, raise_on_unexpected_status=True, **SETTINGS)


def use(operation, *arguments, status=200, by=client, **parameters):
    """Uses an operation. Returns the response, which must have the status and the ID of its request."""
    response = operation.sync_detailed(*arguments, client=by, **parameters)
    assert response.status_code == status, f"{operation.__name__}: {response.status_code} {response.content[:2000]}"
    if hasattr(response.parsed, "request_id"):
        assert response.parsed.request_id == response.headers["X-Request-Id"], operation.__name__
        assert response.parsed.ok is (status < 400), operation.__name__
    return response


def data(operation, *arguments, **parameters):
    """Uses an operation. Returns the data of the response."""
    return use(operation, *arguments, **parameters).parsed.data


def wait_for(what, find):
    """Returns what `find` returns as soon as that is true."""
    deadline = time.monotonic() + 120
    while not (found := find()):
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)
    return found


# ------------------------------------------------------------------------------------------------------------ the key

assert data(get_balance) == 0
assert data(list_tags) == []
me = data(who_am_i)
assert "sendLog" in me.key.permissions and me.organisation.name, me
other_header = AuthenticatedClient(token=KEY, prefix="", auth_header_name="X-Api-Key", **SETTINGS)
assert data(who_am_i, by=other_header) == me
refused = use(get_balance, status=401, by=Client(**SETTINGS)).parsed
assert isinstance(refused, ErrorEnvelope) and refused.error.code == ErrorCode.UNAUTHORIZED, refused

# ---------------------------------------------------------------------------------------------------------- send logs

start = datetime(2026, 3, 2, 8, 30, tzinfo=timezone(timedelta(hours=2)))
log = NewSendLog(
    field_id="generated-1",
    campaign_id="generated",
    message="Hi {{contact.firstname}}!",
    triggered_by="api",
    start_delivery_at=start,
    destinations=["27821234567", "thandi@example.com"],
)
created = use(create_send_log, body=log, status=201)
assert created.headers["Location"].endswith("/send-logs/generated-1")
assert created.parsed.data.start_delivery_at == start and created.parsed.data.destinations == 2
assert data(create_send_log, body=log) == created.parsed.data

# With a key, a send log without an ID is recorded once.
keyed = NewSendLog(campaign_id="generated", message="keyed", triggered_by="api", destinations=[])
key = str(uuid4())
first = use(create_send_log, body=keyed, status=201, idempotency_key=key)
again = use(create_send_log, body=keyed, status=201, idempotency_key=key)
assert again.parsed.data == first.parsed.data and again.parsed.request_id != first.parsed.request_id
keyed.message = "another"
reused = use(create_send_log, body=keyed, status=422, idempotency_key=key).parsed
assert reused.error.code == ErrorCode.IDEMPOTENCY_KEY_REUSED

log.message = "other content"
conflict = use(create_send_log, body=log, status=409).parsed
assert conflict.error.code == ErrorCode.CONFLICT and "message" in conflict.error.message

lines = [
    NewSendLog(
        field_id=f"line-{number}",
        campaign_id="imported",
        message="",
        triggered_by="schedule",
        start_delivery_at=date(2026, 2, number),
        destinations=["27831234568"],
    )
    for number in range(1, 4)
]
text = "".join(json.dumps(line.to_dict()) + "\n" for line in lines).encode()
report = data(import_send_logs, body=File(payload=BytesIO(text + b"{}\n")))
assert (report.recorded, report.existing, report.failed) == (3, 0, 1) and report.errors[0].line == 4, report
compressed = File(payload=BytesIO(gzip.compress(text)))
assert data(import_send_logs, body=compressed, content_encoding=ContentEncoding.GZIP).existing == 3

counted = use(get_send_log, "generated-1")
assert counted.parsed.data == created.parsed.data
listed = data(get_send_log, "generated-1", group_destinations=GroupDestinations.LIST)
assert listed.destinations == log.destinations
unchanged = use(get_send_log, "generated-1", status=304, if_none_match=counted.headers["ETag"])
assert unchanged.content == b""
assert use(get_send_log, "nothing", status=404).parsed.error.code == ErrorCode.RESOURCE_NOT_FOUND

find = Find(campaign_id=["imported"], start_delivery_at=DateRange(gte=date(2026, 2, 1), lte=date(2026, 2, 2)))
options = SearchOptions(limit=1, sort=SearchSort(start_delivery_at=SortDirection.ASCENDING))
page = data(search_send_logs, body=SearchRequest(find=find, options=options))
assert page.total == 2 and [log.field_id for log in page.send_logs] == ["line-1"]
following = SearchRequest.from_dict(page.parsed.to_dict())
following.options.skip += following.options.limit
page = data(search_send_logs, body=following, group_destinations=GroupDestinations.LIST)
assert page.send_logs[0].field_id == "line-2" and page.send_logs[0].destinations == ["27831234568"]
assert data(search_send_logs).total == 5
found = data(search_send_logs, body=SearchRequest(find=Find(destination="+27 83 123 4568")))
assert found.total == 3 and found.parsed.find.destination == ["27831234568"], found
assert found.searched[:2] == ["27831234568", "0831234568"], found
assert data(search_send_logs, body=SearchRequest.from_dict(found.parsed.to_dict())) == found
found = data(search_send_logs, body=SearchRequest(find=Find(destination=["27821234567", "THANDI@example.com"])))
assert [log.field_id for log in found.send_logs] == ["generated-1"]
invalid = use(search_send_logs, body=SearchRequest(find=Find(destination=[""])), status=400).parsed
assert invalid.error.issues[0].path == "find.destination[0]"
invalid = use(search_send_logs, body=SearchRequest(options=SearchOptions(skip=-1)), status=400).parsed
assert invalid.error.issues[0].path == "options.skip"

file = use(export_send_logs, body=SearchRequest(find=Find(campaign_id="imported")))
assert file.headers["X-Sendlog-Total"] == "3" and len(file.parsed.splitlines()) == 3
file = use(export_send_logs, body=SearchRequest(find=Find(destination="tel:+27-83-123-4568")))
assert file.headers["X-Sendlog-Total"] == "3" and len(file.parsed.splitlines()) == 3
table = use(export_send_logs, format_=ExportFormat.CSV).parsed
assert len(table.splitlines()) == 6

# ---------------------------------------------------------------------------------------------------------- campaigns

assert data(get_campaign, "imported").sends == 3
assert data(name_campaign, "imported", body=CampaignUpdate(name="Imported sends")).name == "Imported sends"
listing = use(list_campaigns, sort=CampaignSort.DESCENDING_SENDS, limit=1)
assert listing.headers["X-Sendlog-Total"] == "2"
assert [campaign.field_id for campaign in listing.parsed.data] == ["imported"]
found = data(
    search_campaigns,
    body=CampaignSearch(
        find=CampaignFind(search="imported sends"),
        options=CampaignOptions(limit=10, sort=CampaignOrder(sends=SortDirection.DESCENDING)),
    ),
)
assert found.total == 1 and found.campaigns[0].name == "Imported sends"
assert data(search_campaigns, body=CampaignSearch.from_dict(found.parsed.to_dict())) == found
assert data(search_campaigns).total == 2

# --------------------------------------------------------------------------------------------------------- recipients

reached = AudienceOfCampaigns(campaign_id="imported", start_delivery_at=DateRange(gte=date(2026, 2, 1)))
compared = data(compare_recipients, body=Comparison(a=AudienceOfList(destinations=["083 123 4568", "1"]), b=reached))
assert (compared.a, compared.b, compared.both, compared.only_a, compared.only_b) == (2, 1, 0, 2, 1), compared
assert compared.parsed.a.destinations == 2 and compared.parsed.b.campaign_id == ["imported"], compared
counted = data(compare_recipients, body=Comparison(a=AudienceOfSend(send_id="generated-1")))
assert counted.a == 2 and not counted.b, counted

# ----------------------------------------------------------------------------------------------------------- webhooks

new = NewWebhook(url=f"{RECEIVER}?campaign={{{{campaign._id}}}}", name="Test", body='{"send": "{{send._id}}"}')
webhook = data(create_webhook, body=new, status=201)
assert webhook.secret.startswith("whsec_") and webhook.method == WebhookMethod.POST
assert webhook.state == WebhookState.ACTIVE
assert [listed.field_id for listed in data(list_webhooks).webhooks] == [webhook.field_id]
assert data(get_webhook, webhook.field_id).url == new.url
updated = data(update_webhook, webhook.field_id, body=WebhookUpdate(campaign_id=["hooked"], rotate_secret=True))
assert updated.campaign_id == ["hooked"] and updated.secret not in ("", webhook.secret)
tested = data(test_webhook, webhook.field_id, body=WebhookTest(send_id="generated-1"))
assert tested.test and tested.state == DeliveryState.DELIVERED and tested.attempts[0].status == 200

hooked = NewSendLog(campaign_id="hooked", message="", triggered_by="api", destinations=[])
send = data(create_send_log, body=hooked, status=201).field_id
delivery = wait_for(
    "a delivery",
    lambda: next((d for d in data(list_deliveries, webhook.field_id, limit=10).deliveries if d.send_id == send), None),
)
repeated = data(redeliver, webhook.field_id, delivery.field_id)
assert repeated.state == DeliveryState.DELIVERED and len(repeated.attempts) == 2
assert data(list_deliveries, webhook.field_id, state=DeliveryState.FAILED).deliveries == []
assert data(redeliver_failed, webhook.field_id, body=Redelivery(state="failed")).queued == 0
assert data(get_webhook, webhook.field_id).failed == 0
replayed = data(replay_sends, webhook.field_id, body=ReplayAfter(after=0))
assert replayed.queued == 1 and replayed.after == 0 and replayed.through >= 1
wait_for(
    "a replayed delivery",
    lambda: len(data(list_deliveries, webhook.field_id, state=DeliveryState.DELIVERED).deliveries[0].attempts) == 3,
)
assert data(cancel_replays, webhook.field_id).cancelled in (0, 1)
assert data(delete_webhook, webhook.field_id).deleted is True

# ------------------------------------------------------------------------------------------------ the service itself

public = Client(**SETTINGS)
assert data(get_health, by=public).status == "ok"
assert "# TYPE " in use(get_metrics, by=public).parsed
document = use(get_open_api, by=public).parsed
with open(DOCUMENT, encoding="utf-8") as served:
    assert document.to_dict() == json.load(served)

# ------------------------------------------------------------------------------------------------------ all operations

# A path without parameters goes before one with parameters that matches it as well.
operations = sorted((path.count("{"), path, method.upper()) for path, item in document["paths"].items() for method in item)
unused = []
for _, path, method in operations:
    pattern = re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(path)))
    matching = {(used_method, used_path) for used_method, used_path in used
                if used_method == method and pattern.fullmatch(used_path)}
    used -= matching
    if not matching:
        unused.append(f"{method} {path}")
assert not unused, f"operations that were not used: {unused}"
print(f"{len(operations)} operations used")
