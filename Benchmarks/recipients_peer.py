#!/usr/bin/env python3
"""Makes the database of recipients_peer.mjs: recipients_peer.py LOGS.ndjson DATABASE."""
import json
import os
import sqlite3
import sys

source, database = sys.argv[1:]
connection = sqlite3.connect(database + ".part")
connection.executescript("""
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE send_logs (seq INTEGER PRIMARY KEY, id TEXT, campaign_id TEXT, message TEXT, triggered_by TEXT, start TEXT, dest_count INTEGER);
    CREATE TABLE recipients (number INTEGER, log INTEGER, PRIMARY KEY (number, log)) WITHOUT ROWID;
""")
pairs = []
with open(source) as file:
    for seq, line in enumerate(file, 1):
        log = json.loads(line)
        pairs += ((int(to), seq) for to in log["destinations"])
        connection.execute("INSERT INTO send_logs VALUES (?, ?, ?, ?, ?, ?, ?)", (
            seq, log["_id"], log["campaign_id"], log["message"], log["triggeredBy"], log["startDeliveryAt"], len(log["destinations"])))
# In order, so that the pages are as full as they can be.
pairs.sort()
connection.executemany("INSERT OR IGNORE INTO recipients VALUES (?, ?)", pairs)
connection.commit()
connection.execute("PRAGMA journal_mode = WAL")
connection.close()
os.rename(database + ".part", database)
