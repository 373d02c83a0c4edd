"""The data of compare.py: organisations and their send logs, made from a seed."""
import json
import random
import time

# All send logs are within three years.
FIRST, SPAN, DAY = 1_672_531_200_000, 3 * 365 * 86_400_000, 86_400_000
CAMPAIGNS, CONTACTS, LONG = 200, 250_000, 100_000
MESSAGES = (
    "Hi {{contact.firstname}}, your appointment at {{branch.name}} is on {{appointment.date}} at {{appointment.time}}. Reply 1 to confirm.",
    "Dear {{contact.title}} {{contact.lastname}}, payment of R{{invoice.amount}} is due on {{invoice.due_date}}. Pay at {{short_link}}.",
    "{{contact.firstname}}, your one-time pin is {{otp}}. It expires in 5 minutes. Never share it, even with us.",
    "🎉 Happy birthday {{contact.firstname}}! Here is 20% off, just for you: {{voucher.code}}. Valid until {{voucher.expiry}}.",
    "Hallo {{contact.firstname}}, jou bestelling is oppad! Verwagte aflewering: môre tussen 09:00 en 12:00. Volg dit hier: {{short_link}}",
    "The school says: \"Closed tomorrow due to weather\". Parents of {{child.firstname}}, please call {{school.phone}}.",
    "Statement ready.\nAccount: {{account.number}}\nBalance: R{{account.balance}}\nFile: C:\\statements\\{{account.file}}",
    "مرحبا {{contact.firstname}}، موعدك يوم {{appointment.date}} الساعة {{appointment.time}}.",
    "Hi {{contact.firstname}} {{contact.lastname}}, thank you for visiting {{branch.name}}. How did we do? Rate us 1-5 by replying to this "
    "message. It takes a minute, costs you nothing, and helps us train our teams, open at better hours and keep the shelves stocked.")
TRIGGERS = ("manual", "schedule", "schedule", "schedule", "api", "api", "api", "hook")


def moment(milliseconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}Z"


def numbers(rng, count):
    return [f"27{rng.choice((60, 71, 72, 73, 78, 82, 83, 84))}{rng.randrange(10**7):07d}" for _ in range(count)]


def size(rng):
    """A number of destinations: mostly up to 50, some hundreds, few thousands."""
    part = rng.random()
    if part < 0.0005:
        return rng.randint(1000, 9999)
    return rng.randint(51, 500) if part < 0.01 else 1 + int(50 * rng.random() ** 2)


class Organisation:
    """An organisation: the file with its send logs, and what a server must return of them."""

    def __init__(self, number, logs, folder):
        self.number, self.count, self.name, self.path = number, logs, f"Organisation {number}", f"{folder}/organisation-{number}.ndjson"
        self.key = None
        # Of each send log, in the order of recording.
        self.ids, self.starts, self.campaigns, self.offsets = [], [], [], []
        # The send logs with LONG destinations.
        self.long = (logs // 3, 2 * logs // 3)

    def generate(self, seed):
        """Writes the file, and yields each send log as a row of compare_peer.mjs."""
        rng = random.Random(f"{seed}/{self.number}")
        # A send goes to a part of the contacts.
        contacts = [f'"{number}"' for number in numbers(rng, CONTACTS)]
        campaigns = [f"{FIRST // 1000 - DAY // 1000 * (i % 90):08x}{rng.getrandbits(64):016x}" for i in range(CAMPAIGNS)]
        machine, offset = f"{rng.getrandbits(40):010x}", 0
        with open(self.path, "wb") as file:
            for i in range(self.count):
                created = FIRST + int((i + rng.random()) * SPAN / self.count)
                trigger = rng.choice(TRIGGERS)
                start = created + rng.randrange(2000)
                if trigger == "schedule":
                    # On the hour within the next three days, so that some send logs have the same time.
                    start = (start + rng.randrange(3 * DAY)) // 3_600_000 * 3_600_000
                count = LONG if i in self.long else size(rng)
                first = rng.randrange(CONTACTS - count + 1)
                destinations = f"[{','.join(contacts[first:first + count])}]"
                # Few campaigns have many send logs.
                campaign = campaigns[int(CAMPAIGNS * rng.random() ** 2)]
                message = rng.choice(MESSAGES) + (f" [{rng.randrange(10**6):06d}]" if rng.random() < 0.3 else "")
                id, start = f"{created // 1000:08x}{machine}{i % 2**24:06x}", moment(start)
                line = (f'{{"_id":"{id}","campaign_id":"{campaign}","message":{json.dumps(message, ensure_ascii=False)},'
                        f'"triggeredBy":"{trigger}","startDeliveryAt":"{start}","destinations":{destinations}}}\n').encode()
                file.write(line)
                self.ids.append(id)
                self.starts.append(start)
                self.campaigns.append(campaign)
                self.offsets.append(offset)
                offset += len(line)
                yield self.number, id, campaign, message, trigger, start, count, destinations
        self.newest_first = sorted(range(self.count), key=lambda i: (self.starts[i], i), reverse=True)

    def log(self, index, as_list=False):
        """A send log as the API returns it."""
        with open(self.path, "rb") as file:
            file.seek(self.offsets[index])
            log = json.loads(file.readline())
        return log if as_list else {**log, "destinations": len(log["destinations"])}

    def search(self, campaigns=None, since="", until="~", skip=0, limit=1000):
        """The total and the page of a search."""
        found = [i for i in self.newest_first if since <= self.starts[i] <= until and (campaigns is None or self.campaigns[i] in campaigns)]
        return {"total": len(found), "send_logs": [self.log(i) for i in found[skip:skip + limit]]}
