"""The HTTP edge that every noun shares: reading bodies strictly, answering refusals, pages, keys,
limits.

- `guard`: bodies are read once, bounded and strict, before anything else sees them;
- `problems`: every refusal, FastAPI's own included, leaves as problem+json;
- `access`: who is calling, proved by a token, and which role a route is for;
- `idempotency`: a repeated POST gets the first one's answer;
- `limits`: how often an address or a person may try; `origins`: which browser pages may ask;
- `pages`: cursor pages; `schemas`: the wire's common shapes; `logs`: one line a request, no
  places, no tokens.

Decision: a body is parsed here and again by FastAPI. It costs microseconds at 256 KiB at most, and
NaN, lone surrogates and 10,000 levels of nesting get one clear answer instead of FastAPI's 500.
"""
