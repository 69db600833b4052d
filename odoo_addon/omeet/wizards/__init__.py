from . import omeet_provider
