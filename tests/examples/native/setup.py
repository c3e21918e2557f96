"""Builds the example extension: python setup.py build_ext --inplace, then python demo.py."""

import heartbeat
from setuptools import Extension, setup

setup(name="scaling", py_modules=[],
      ext_modules=[Extension("scaling", ["scaling.c"], include_dirs=[heartbeat.get_include()])])
