"""Bytes by content: a blob's key is the SHA-256 of its bytes in hex, so equal files are one.

`files.FileBlobs` keeps them in a folder, `s3.S3Blobs` in a bucket; `opening.blobs_from_url`
chooses. Blobs never change. Who still needs one is told by the rows (`db.keys`), not here.
"""
