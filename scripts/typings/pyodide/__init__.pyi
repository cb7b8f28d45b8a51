# Pyodide, as far as the Worker uses it.
