"""The console's own side of the api: its sign-in, its settings, and the built page it is served as.

- `endpoints`: the session routes under `/v1/console`, and what the page asks before it begins;
- `cookies`: the one cookie, which carries the refresh token and nothing that acts;
- `pages`, `files`: the built page from `static/`, with what a browser may do in it.

Decision: the access token lives in the page's memory for ten minutes and is sent as a header; the
refresh token lives in an HttpOnly cookie that only the session routes ever see. So nothing that
acts is authorised by what a browser sends by itself, which leaves a forged request nothing to ride
on, and no script can read the secret that outlives the page.
"""
