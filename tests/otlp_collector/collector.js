// SPDX-License-Identifier: Apache-2.0
// A trace collector for tests: takes OTLP/HTTP in protobuf, and writes a JSON object a line: first its port, then each
// span. collector.js NODE_MODULES
'use strict';
const http = require('http');
const path = require('path');

const generated = path.join(path.resolve(process.argv[2]), '@opentelemetry/otlp-transformer/build/src/generated/root.js');
const messages = require(generated).opentelemetry.proto.collector.trace.v1;

const hex = (bytes) => Buffer.from(bytes || []).toString('hex');
const plain = (attributes) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue || Number(value.intValue)]));

function show(resource, scope, span) {
  console.log(JSON.stringify({
    service: plain(resource.attributes)['service.name'],
    scope: scope.name,
    name: span.name,
    kind: span.kind,
    trace: hex(span.traceId),
    span: hex(span.spanId),
    parent: hex(span.parentSpanId),
    state: span.traceState,
    nanoseconds: Number(BigInt(span.endTimeUnixNano.toString()) - BigInt(span.startTimeUnixNano.toString())),
    age_seconds: Date.now() / 1000 - Number(span.endTimeUnixNano.toString()) / 1e9,
    attributes: plain(span.attributes),
    status: span.status ? span.status.code : 0,
  }));
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf') {
      response.writeHead(400).end();
      return;
    }
    const message = messages.ExportTraceServiceRequest.decode(Buffer.concat(chunks));
    for (const { resource, scopeSpans } of message.resourceSpans) {
      for (const { scope, spans } of scopeSpans) spans.forEach((span) => show(resource, scope, span));
    }
    response.writeHead(200, { 'Content-Type': 'application/x-protobuf' });
    response.end(messages.ExportTraceServiceResponse.encode({}).finish());
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.resume().on('end', () => process.exit(0));  // ends with whoever started it
