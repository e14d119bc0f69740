// Calls the AWS SDK for JavaScript: reads [service, operation, parameters] lines, answers {result} or {error} lines.
// It runs in the folder whose node_modules has the SDK.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const { ENDPOINT: endpoint, REGION: region, KEY_ID: accessKeyId, SECRET: secretAccessKey } = process.env;
const options = { endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 };
const packages = {
  ses: ["@aws-sdk/client-ses", "SESClient"],
  sesv2: ["@aws-sdk/client-sesv2", "SESv2Client"],
  cloudwatch: ["@aws-sdk/client-cloudwatch", "CloudWatchClient"],
  sns: ["@aws-sdk/client-sns", "SNSClient"],
  sqs: ["@aws-sdk/client-sqs", "SQSClient"],
};
const clients = new Map();

function clientOf(service) {
  if (!clients.has(service)) {
    const [name, className] = packages[service];
    const sdk = require(name);
    clients.set(service, { sdk, client: new sdk[className](options) });
  }
  return clients.get(service);
}

// JSON has no dates; the SDK wants them.
const withDates = (parameters) =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      /^(Start|End)(Time|Date)$/.test(name) ? new Date(value) : value,
    ]),
  );

for await (const line of createInterface({ input: process.stdin })) {
  const [service, operation, parameters] = JSON.parse(line);
  try {
    const { sdk, client } = clientOf(service);
    const result = await client.send(new sdk[`${operation}Command`](withDates(parameters)));
    console.log(JSON.stringify({ result }));
  } catch (error) {
    console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }));
  }
}
for (const { client } of clients.values()) client.destroy();
