"""A server of the Sora 2 protocol: takes jobs, renders them with an engine, hands out the clips.

`app.Sora2Service` joins a `VideoJobStore`, a `ContentStore` and a `VideoEngine` (`ports`) into
routes of both dialects. It makes no outgoing requests and knows no takes. The studio mounts it at
`/v1`; `shortdrama sora2` runs it alone, with the plain files of `files`.
"""
