"""Shots in their order, and which take of each is selected or rejected. Called by the web;
scripts, cast and batches come to live on the same rows.
"""
