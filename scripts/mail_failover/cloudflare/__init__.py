"""Cloudflare's API: requests, answers, errors by meaning, typed calls; no opinion on what to change."""
