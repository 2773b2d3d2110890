"""The pages' own files under names that tell their versions, so that a browser may keep them."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Files(CompressedManifestStaticFilesStorage):
    """Modules that import each other find the same version."""

    support_js_module_import_aggregation = True
