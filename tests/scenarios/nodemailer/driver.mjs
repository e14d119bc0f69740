// Sends through Nodemailer's SES transport, or by SMTP where SMTP has the options of that: reads one message a line, answers {result} or {error} lines. The message
// "verify" asks the transport whether it could send. It runs in the folder whose node_modules has Nodemailer.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const nodemailer = require("nodemailer");
const { SESv2Client, SendEmailCommand } = require("@aws-sdk/client-sesv2");
const { ENDPOINT: endpoint, REGION: region, KEY_ID: accessKeyId, SECRET: secretAccessKey } = process.env;
const sesClient = new SESv2Client({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
});
const { SMTP: smtp } = process.env;
const transport = nodemailer.createTransport(smtp ? JSON.parse(smtp) : { SES: { sesClient, SendEmailCommand } });

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  try {
    const result = message === "verify" ? await transport.verify() : await transport.sendMail(message);
    console.log(JSON.stringify({ result: result === true ? result : { ...result, raw: undefined } }));
  } catch (error) {
    console.log(JSON.stringify({ error: { name: error.name, message: error.message } }));
  }
}
transport.close();
sesClient.destroy();
