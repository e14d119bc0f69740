// Asks AWS's validator of SNS messages about one message a line, and answers {"result": "valid"} or {error} lines.
// HOST is where the certificate may lie. It runs in the folder whose node_modules has sns-validator.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const MessageValidator = require("sns-validator");
const host = process.env.HOST.replaceAll(".", "\\.");
const validator = new MessageValidator(new RegExp(`^${host}$`));

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await new Promise((resolve) => {
    validator.validate(JSON.parse(line), (error) =>
      resolve(error ? { error: { name: error.name, message: error.message } } : { result: "valid" }),
    );
  });
  console.log(JSON.stringify(answer));
}
