"""Clock, ids, scope, supervised tasks, log and health checks: what every floor may use. It knows no mail and no AWS service."""
