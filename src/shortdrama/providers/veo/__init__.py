"""Veo by Google's Gemini API: `provider` starts an operation and asks until it is done."""
