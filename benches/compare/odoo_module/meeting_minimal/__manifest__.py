{
    "name": "Meeting, the least of it",
    "version": "1.0",
    "license": "LGPL-3",
    "depends": ["web"],
    "data": ["security/ir.model.access.csv"],
    "external_dependencies": {"python": ["jwt"]},
}
