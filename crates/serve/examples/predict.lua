-- The request of examples/load.rs, for wrk.
wrk.method = "POST"
wrk.body = '{"x":3.5,"size":20,"region":"south"}'
wrk.headers["Content-Type"] = "application/json"
