// The official Node SDK against the stand-in. CLOUDINARY_URL names the server before `require`, because the
// SDK chooses between http and https when it is loaded.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

const { version } = require('cloudinary/package.json');
const cloudinary = require('cloudinary').v2;

const RAW = { resource_type: 'raw', type: 'authenticated' };
const USERS = [0, 1, 2, 3, 4, 5, 6].map((number) => `fr/n-demo/u ${number} é.json`);
const CONTENTS = '{"n":1}';

/** Status, body and X-Cld-Error of a plain GET. */
function get(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (response) => {
      let body = '';
      response.on('data', (chunk) => { body += chunk; });
      response.on('end', () => resolve([response.statusCode, body, response.headers['x-cld-error']]));
    }).on('error', reject);
  });
}

async function uploads(file) {
  let answer;
  for (const user of USERS) {
    answer = await cloudinary.uploader.upload(file, {
      ...RAW, public_id: user, overwrite: true, invalidate: true, tags: ['fr', 'n'], context: { k: 'a=b|c' },
    });
    assert.equal(answer.public_id, user);
    assert.equal(answer.bytes, CONTENTS.length);
    assert.equal(answer.original_filename, 'n doc');
    assert.deepEqual(answer.tags, ['fr', 'n']);
    assert.deepEqual(answer.context, { custom: { k: 'a=b|c' } });
    const { verify_api_response_signature: verify } = cloudinary.utils;
    assert.ok(verify(answer.public_id, answer.version, answer.signature));
  }
  const streamed = await new Promise((resolve, reject) => {
    const options = { ...RAW, public_id: 'fr/n-demo/stream.json', filename: 'x.json' };
    const stream = cloudinary.uploader.upload_stream(options, (error, done) => (error ? reject(error) : resolve(done)));
    stream.end(Buffer.from('{"s":1}'));
  });
  assert.equal(streamed.public_id, 'fr/n-demo/stream.json');
  assert.equal(streamed.bytes, 7);
  return answer.version;
}

async function lists() {
  const found = [];
  let pages = 0;
  let page = {};
  do {
    page = await cloudinary.api.resources({
      ...RAW, prefix: 'fr/n-demo/', max_results: 3, next_cursor: page.next_cursor, context: true,
    });
    found.push(...page.resources.map((row) => row.public_id));
    pages += 1;
  } while (page.next_cursor);
  assert.deepEqual(found, [...USERS, 'fr/n-demo/stream.json'].sort());
  assert.equal(pages, 3);
  assert.equal(page.rate_limit_allowed, 500);
  assert.equal(page.rate_limit_remaining, 497);
  assert.ok(page.rate_limit_reset_at > new Date());
  // The SDK writes the slashes of the id as %2F.
  assert.equal((await cloudinary.api.resource(USERS[1], RAW)).public_id, USERS[1]);
}

async function deliveries(version) {
  const { cname } = cloudinary.config();
  const url = (options) =>
    cloudinary.url(USERS[1], { ...RAW, secure: false, cname, urlAnalytics: false, ...options });
  const [status, body, reason] = await get(url({}));
  assert.equal(status, 401);
  assert.equal(body, '');
  assert.ok(reason);
  for (const options of [{}, { version }, { long_url_signature: true }, { signature_algorithm: 'sha256' }]) {
    const [found, contents] = await get(url({ sign_url: true, ...options }));
    assert.deepEqual([found, contents], [200, CONTENTS], JSON.stringify(options));
  }
  const download = (expires_at) =>
    get(cloudinary.utils.private_download_url(USERS[1], undefined, { ...RAW, expires_at }));
  assert.deepEqual((await download(4102444800)).slice(0, 2), [200, CONTENTS]);
  assert.ok([400, 401].includes((await download(1600000000))[0]));
}

async function marks_in_an_id_are_delivered_as_this_sdk_signs_them(file) {
  const public_id = "fr/bob!(1)'*~.json";
  await cloudinary.uploader.upload(file, { ...RAW, public_id });
  const { cname } = cloudinary.config();
  const url = cloudinary.url(public_id, { ...RAW, secure: false, cname, urlAnalytics: false, sign_url: true });
  assert.ok(url.includes("bob!(1)'*~.json"), url);
  assert.deepEqual((await get(url)).slice(0, 2), [200, CONTENTS]);
}

async function deletes() {
  const { destroy } = cloudinary.uploader;
  assert.equal((await destroy(USERS[1], { ...RAW, invalidate: true })).result, 'ok');
  assert.equal((await destroy(USERS[1], RAW)).result, 'not found');
  const some = await cloudinary.api.delete_resources([USERS[2], 'zz.json'], RAW);
  assert.deepEqual(some.deleted, { [USERS[2]]: 'deleted', 'zz.json': 'not_found' });
  const rest = await cloudinary.api.delete_resources_by_prefix('fr/n-demo/', { ...RAW, invalidate: true });
  assert.equal(Object.keys(rest.deleted).length, 6);
}

async function refusals() {
  await assert.rejects(cloudinary.api.resource('zz.json', RAW), (failure) => {
    assert.deepEqual(failure.error, { message: 'Resource not found - zz.json', http_code: 404 });
    return true;
  });
  await assert.rejects(cloudinary.uploader.destroy('x', { ...RAW, api_secret: 'w' }), (failure) => {
    assert.equal(failure.http_code, 401);
    assert.match(failure.message, /^Invalid Signature [0-9a-f]{40}\. String to sign - 'public_id=x&timestamp=/);
    return true;
  });
}

async function main() {
  assert.equal(version, '2.11.0');
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'node-sdk-'));
  try {
    const file = path.join(folder, 'n doc.json');
    fs.writeFileSync(file, CONTENTS);
    const uploaded = await uploads(file);
    await lists();
    const { version: known } = await cloudinary.uploader.explicit(USERS[1], RAW);
    assert.equal(known, (await cloudinary.api.resource(USERS[1], RAW)).version);
    await deliveries(uploaded);
    await marks_in_an_id_are_delivered_as_this_sdk_signs_them(file);
    await deletes();
    await refusals();
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  console.log('ALL OK');
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
