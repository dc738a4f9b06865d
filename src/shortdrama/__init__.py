"""A studio for vertical drama episodes made from AI-generated shots."""

__version__ = "0.1.0"
