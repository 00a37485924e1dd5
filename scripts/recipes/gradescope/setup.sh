#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image. Install here what the programs need:
# apt-get update && apt-get install -y python3
set -euo pipefail

adduser student --no-create-home --disabled-password --gecos ""
mkdir -p /autograder/results
chmod o= /autograder/source /autograder/results
chmod +x /autograder/source/conform
