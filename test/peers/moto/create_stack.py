"""Has moto create the stack of a packaged template: python3 create_stack.py FOLDER

Prints what came of it as JSON. moto takes no Fn::If within a list, so conditions, which are literals by now, are decided here.
"""
import json
import os
import sys

os.environ.update(
    AWS_ACCESS_KEY_ID='test', AWS_SECRET_ACCESS_KEY='test', AWS_DEFAULT_REGION='us-east-1'
)
import importlib

import boto3
from moto import mock_aws
from moto.cloudformation.parsing import resource_class_from_type

# moto knows a type once its service is loaded.
for service in ('awslambda', 'batch', 'cloudwatch', 'events', 'iam', 'kms', 'logs', 's3', 'scheduler', 'secretsmanager', 'sns', 'sqs', 'stepfunctions'):
    importlib.import_module(f'moto.{service}.models')

folder = sys.argv[1]
with open(f'{folder}/cloudformation-template-update-stack.json') as file:
    template = json.load(file)
NO_VALUE = object()


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


resources = {}
for name, resource in wanted.items():
    if name in unknown:
        continue
    resource.pop('Condition', None)
    needs = resource.pop('DependsOn', [])
    needs = [needs] if isinstance(needs, str) else needs
    resource['DependsOn'] = [each for each in needs if each in wanted and each not in unknown]
    resources[name] = stand_in(resource)

with mock_aws():
    s3 = boto3.client('s3')
    s3.create_bucket(Bucket='code')
    for resource in resources.values():
        if resource['Type'] == 'AWS::Lambda::Function':
            code = resource['Properties']['Code']
            code['S3Bucket'] = 'code'
            with open(f"{folder}/{code['S3Key'].split('/')[-1]}", 'rb') as zipped:
                s3.put_object(Bucket='code', Key=code['S3Key'], Body=zipped.read())
    # moto has a VPC of its own, and no service-linked role of AWS Batch.
    ec2 = boto3.client('ec2')
    for resource in resources.values():
        if resource['Type'] == 'AWS::Batch::ComputeEnvironment':
            properties = resource['Properties']
            properties['ServiceRole'] = boto3.client('iam').create_role(
                RoleName='batch', AssumeRolePolicyDocument='{}'
            )['Role']['Arn']
            computing = properties['ComputeResources']
            computing['Subnets'] = [each['SubnetId'] for each in ec2.describe_subnets()['Subnets']]
            groups = ec2.describe_security_groups()['SecurityGroups']
            computing['SecurityGroupIds'] = [each['GroupId'] for each in groups]
    cloudformation = boto3.client('cloudformation')
    cloudformation.create_stack(
        StackName='tidewatch',
        TemplateBody=json.dumps({'Resources': resources}),
        Capabilities=['CAPABILITY_NAMED_IAM'],
    )
    (stack,) = cloudformation.describe_stacks(StackName='tidewatch')['Stacks']
    made = cloudformation.list_stack_resources(StackName='tidewatch')['StackResourceSummaries']
    (data,) = [each['PhysicalResourceId'] for each in made if each['LogicalResourceId'] == 'DataBucket']
    sqs = boto3.client('sqs')
    queues = {
        url.split('/')[-1]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
        for url in sqs.list_queues()['QueueUrls']
    }
    print(
        json.dumps(
            {
                'status': stack['StackStatus'],
                'wanted': sorted(wanted),
                'unknown': unknown,
                'made': sorted(each['LogicalResourceId'] for each in made),
                'encryption': s3.get_bucket_encryption(Bucket=data)['ServerSideEncryptionConfiguration'][
                    'Rules'
                ][0]['ApplyServerSideEncryptionByDefault'],
                'deadLetters': {
                    name: json.loads(queue['RedrivePolicy'])['deadLetterTargetArn'].split(':')[-1]
                    for name, queue in queues.items()
                    if 'RedrivePolicy' in queue
                },
                'mappings': len(boto3.client('lambda').list_event_source_mappings()['EventSourceMappings']),
                'keys': sorted({queue.get('KmsMasterKeyId', 'none') for queue in queues.values()}),
            }
        )
    )
