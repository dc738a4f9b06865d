"""The Sora 2 protocol: its words (`wire`), a client and a compatible service.

`client.Sora2Client` speaks to any server of the protocol, in both dialects: OpenAI's `/v1/videos`
family and the seed's `/v1/generate`. `service` answers it. Neither knows of takes, budgets or
rows: `providers` calls the client, the studio and the command line start the service.
"""
