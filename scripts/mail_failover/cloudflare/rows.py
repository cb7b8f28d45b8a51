"""The rows of the form for a token, as the dashboard writes them: a call names the one that it takes.

Edit includes Read.
"""

ZONE_READ = "Zone > Zone > Read"
DNS_READ = "Zone > DNS > Read"
DNS_EDIT = "Zone > DNS > Edit"
SETTINGS_READ = "Zone > Zone Settings > Read"
SETTINGS_EDIT = "Zone > Zone Settings > Edit"
RULES_READ = "Zone > Email Routing Rules > Read"
RULES_EDIT = "Zone > Email Routing Rules > Edit"
ADDRESSES_READ = "Account > Email Routing Addresses > Read"
ADDRESSES_EDIT = "Account > Email Routing Addresses > Edit"
SCRIPTS_READ = "Account > Workers Scripts > Read"
SCRIPTS_EDIT = "Account > Workers Scripts > Edit"
