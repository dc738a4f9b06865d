"""The Sora 2 protocol: client against a double, service against the client and against OpenAI's."""
