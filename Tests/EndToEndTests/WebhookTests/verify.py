"""Verifies webhooks with the package standardwebhooks, an independent implementation.

Reads lines of JSON, each with a secret, headers and a body in Base64. Prints for each "good", or why it is invalid.
"""
import base64
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    given = json.loads(line)
    try:
        body = base64.b64decode(given["body"])
        Webhook(given["secret"]).verify(body, given["headers"], json_parse=False)
        print("good")
    except WebhookVerificationError as error:
        print(error)
