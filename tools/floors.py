# SPDX-License-Identifier: Apache-2.0
"""Install the lowest versions that setup.cfg allows."""

import configparser
import subprocess
import sys

setup = configparser.ConfigParser()
setup.read('setup.cfg')
floors = setup['options']['install_requires'].replace('>=', '==').split()
sys.exit(subprocess.call([sys.executable, '-m', 'pip', 'install', '--quiet', *floors]))
