"""A template as moto can take it: conditions, which are literals by now, are decided, and what moto cannot create is left out.

moto takes no Fn::If within a list, and fails at a reference to a resource of a type that it does not know.
"""
import importlib

from moto.cloudformation.parsing import resource_class_from_type

# moto knows a type once its service is loaded.
for service in ('awslambda', 'batch', 'cloudwatch', 'events', 'iam', 'kms', 'logs', 's3', 'scheduler', 'secretsmanager', 'sns', 'sqs', 'stepfunctions'):
    importlib.import_module(f'moto.{service}.models')

NO_VALUE = object()


def make_plain(template):
    """Returns (resources as moto takes them, logical ids of all that the template wants, logical id -> type of what is left out)."""

    def holds(condition):
        ((name, value),) = condition.items()
        if name == 'Fn::Equals':
            return value[0] == value[1]
        if name == 'Fn::Not':
            return not holds(value[0])
        if name == 'Fn::And':
            return all(map(holds, value))
        if name == 'Fn::Or':
            return any(map(holds, value))
        if name == 'Condition':
            return holds(template['Conditions'][value])
        raise ValueError(f'{name} is no condition')

    def decide(value):
        if value == {'Ref': 'AWS::NoValue'}:
            return NO_VALUE
        if isinstance(value, dict):
            if list(value) == ['Fn::If']:
                name, met, unmet = value['Fn::If']
                return decide(met if holds({'Condition': name}) else unmet)
            decided = {name: decide(each) for name, each in value.items()}
            return {name: each for name, each in decided.items() if each is not NO_VALUE}
        if isinstance(value, list):
            return [each for each in map(decide, value) if each is not NO_VALUE]
        return value

    def stand_in(value):
        """In place of a reference to what moto cannot create."""
        if isinstance(value, dict):
            target = value.get('Ref') or (value.get('Fn::GetAtt') or [None])[0]
            if target in unknown:
                return f'arn:aws:none:us-east-1:123456789012:{target}'
            return {name: stand_in(each) for name, each in value.items()}
        if isinstance(value, list):
            return [stand_in(each) for each in value]
        return value

    wanted = {
        name: decide(resource)
        for name, resource in template['Resources'].items()
        if 'Condition' not in resource or holds({'Condition': resource['Condition']})
    }
    unknown = {
        name: resource['Type']
        for name, resource in wanted.items()
        if resource_class_from_type(resource['Type']) is None
    }
    resources = {}
    for name, resource in wanted.items():
        if name in unknown:
            continue
        resource.pop('Condition', None)
        needs = resource.pop('DependsOn', [])
        needs = [needs] if isinstance(needs, str) else needs
        resource['DependsOn'] = [each for each in needs if each in wanted and each not in unknown]
        resources[name] = stand_in(resource)
    return resources, sorted(wanted), unknown
