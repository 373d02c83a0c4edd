"""The requests of compare.py, and the responses to them."""
import functools
import random
from typing import Callable, NamedTuple

import compare_data
import load


class Request(NamedTuple):
    """A request, and the response to it."""
    key: str
    method: str
    path: str
    status: int
    data: Callable = lambda: None  # returns the response's data
    body: dict = None
    accept: str = None


class Workload(NamedTuple):
    """Requests of one kind, which are repeated over some connections."""
    name: str
    connections: int
    requests: list
    peer: str  # the workload of Bun to compare with


def get(organisation, index, as_list=False, accept=None):
    path = f"/send-logs/{organisation.ids[index]}" + ("?group_destinations=list" if as_list else "")
    return Request(organisation.key, "GET", path, 200, functools.partial(organisation.log, index, as_list), accept=accept)


def search(organisation, campaigns=None, since=None, until=None, **options):
    body, filters = {}, {}
    if campaigns:
        filters["campaigns"] = campaigns
        body["find"] = {"campaign_id": campaigns}
    if since:
        filters |= {"since": since, "until": until}
        body.setdefault("find", {})["startDeliveryAt"] = {"$gte": since, "$lte": until}
    if options:
        body["options"] = options
    return Request(organisation.key, "POST", "/send-logs/search", 200, functools.partial(organisation.search, **filters, **options), body)


def create(organisation, rng):
    like = organisation.log(rng.randrange(organisation.count))
    body = {"_id": load.ID, "campaign_id": like["campaign_id"], "message": like["message"], "triggeredBy": "api",
            "startDeliveryAt": "2026-01-31T12:00:00.000Z", "destinations": compare_data.numbers(rng, 10)}
    return Request(organisation.key, "POST", "/send-logs", 201, lambda: {**body, "destinations": 10}, body)


def workloads(organisations, seed):
    """Yields the kinds of requests. Both servers get the same ones in the same order."""
    *read, written = organisations
    rng = random.Random(f"{seed}/requests")

    def month_of_campaigns():
        organisation, month = rng.choice(read), f"{2023 + rng.randrange(3)}-{1 + rng.randrange(12):02d}"
        campaigns = [rng.choice(organisation.campaigns) for _ in range(3)]
        return search(organisation, campaigns, f"{month}-01T00:00:00.000Z", f"{month}-28T23:59:59.999Z", limit=100)

    def single():
        organisation = rng.choice(read)
        return get(organisation, rng.randrange(organisation.count))

    def missing():
        return Request(rng.choice(read).key, "GET", f"/send-logs/{rng.getrandbits(96):024x}", 404)

    requests = {
        "search-first": (16, [search(organisation) for organisation in read]),
        "search-deep": (16, [search(organisation, skip=max(0, organisation.count // 1000 - 1 - back) * 1000, limit=1000)
                             for back in range(5) for organisation in read]),
        "search-campaign": (16, [month_of_campaigns() for _ in range(500)]),
        "get": (32, [single() for _ in range(20_000)]),
        "get-missing": (32, [missing() for _ in range(5_000)]),
        "create": (32, [create(written, rng) for _ in range(200)]),
        "list-100k": (16, [get(organisation, index, True) for organisation in read for index in organisation.long]),
        "list-100k-gzip": (16, [get(organisation, index, True, "gzip") for organisation in read for index in organisation.long])}
    for name, (connections, requests) in requests.items():
        yield Workload(name, connections, requests, name.removesuffix("-gzip"))
