"""Of the package munch, what the tests use: members that are read and set as attributes."""


class Munch(dict):
    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__
