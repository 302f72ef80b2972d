"""moto behind a port, with a CloudFormation that takes the template as it is deployed: python3 serve.py

Prints the port, and serves until its standard input ends.
"""
import json
import sys

from moto.cloudformation.models import CloudFormationBackend
from moto.server import ThreadedMotoServer
from plain_template import make_plain


def plainly(method):
    """Calls it with a template of what moto can create."""

    def call(self, *args, **given):
        args = list(args)
        for place, value in enumerate(args):
            if isinstance(value, str) and value.lstrip().startswith('{') and '"Resources"' in value:
                args[place] = plain(value)
        if given.get('template'):
            given['template'] = plain(given['template'])
        return method(self, *args, **given)

    return call


def plain(text):
    template = json.loads(text)
    resources, _, unknown = make_plain(template)
    outputs = {
        name: output
        for name, output in template.get('Outputs', {}).items()
        if 'Condition' not in output and not any(f'"{each}"' in json.dumps(output) for each in unknown)
    }
    return json.dumps({'Resources': resources, 'Outputs': outputs})


for name in ('create_stack', 'update_stack', 'create_change_set'):
    setattr(CloudFormationBackend, name, plainly(getattr(CloudFormationBackend, name)))
validate = CloudFormationBackend.validate_template
# moto takes warnings of cfn-lint for errors.
CloudFormationBackend.validate_template = lambda self, text: [
    match for match in validate(self, plain(text)) if match.rule.id.startswith('E')
]
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
server.stop()
