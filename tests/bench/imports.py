"""What importing the Worker's modules costs, beyond what the runtime and its SDK have loaded already."""

import json
import sys
import time
import tracemalloc

import workers  # the SDK, as the runtime loads it  # noqa: F401

before = set(sys.modules)
tracemalloc.start()
begin = time.perf_counter()
import failover.handle  # noqa: E402, F401

took = time.perf_counter() - begin
memory = tracemalloc.get_traced_memory()[0]
tracemalloc.stop()
modules = sorted(name for name in set(sys.modules) - before if "." not in name)
result = json.dumps({"ms": took * 1000, "kb": memory / 1000, "modules": modules})
