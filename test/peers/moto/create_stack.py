"""Has moto create the stack of a packaged template: python3 create_stack.py FOLDER

Prints what came of it as JSON. """
import json
import os
import sys

os.environ.update(
    AWS_ACCESS_KEY_ID='test', AWS_SECRET_ACCESS_KEY='test', AWS_DEFAULT_REGION='us-east-1'
)
import boto3
from moto import mock_aws
from plain_template import make_plain

folder = sys.argv[1]
with open(f'{folder}/cloudformation-template-update-stack.json') as file:
    resources, wanted, unknown = make_plain(json.load(file))

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
                'wanted': wanted,
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
