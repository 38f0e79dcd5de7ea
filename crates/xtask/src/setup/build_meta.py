"""What pip runs in place of a source package's own build, when the package is only to be downloaded.

pip asks the build backend for a package's name and version even then. This backend answers with the file
PKG-INFO, which every source package has, so that nothing of the package is executed and nothing else is
downloaded. Its name is that of setuptools' backend, which the pinned packages name or leave to be assumed.
"""

import email
import os
import shutil
import sys


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        about = email.message_from_file(file)
    folder = "{}-{}.dist-info".format(about["Name"].replace("-", "_"), about["Version"])
    os.mkdir(os.path.join(metadata_directory, folder))
    shutil.copy("PKG-INFO", os.path.join(metadata_directory, folder, "METADATA"))
    return folder


# pip wants a backend to have it.
build_wheel = prepare_metadata_for_build_wheel
# The name for packages without a pyproject.toml.
__legacy__ = sys.modules[__name__]
