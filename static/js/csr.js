
// --- the browser lane: a key and a signing request made here, and the archive that saves them ----
//
// OnrampCSR.supported()                  whether this page may use WebCrypto (HTTPS or localhost)
// await OnrampCSR.create({cn, o, curve}) {csr, key}: PEM texts; curve is 'P-384' (default) or 'P-256'
// OnrampCSR.zip([{name, text, mode}])    a Uint8Array; mode is the Unix mode, 0o644 where it is left out
//
// The key is in the returned object and nowhere else: save it before the page is left.
const OnrampCSR = (() => {
  const hashes = { 'P-256': 'SHA-256', 'P-384': 'SHA-384' };
  const signatures = { 'P-256': '1.2.840.10045.4.3.2', 'P-384': '1.2.840.10045.4.3.3' };
  const utf8 = text => new TextEncoder().encode(text);

  function join(...parts) {
    const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { out.set(p, at); at += p.length; }
    return out;
  }

  // DER: tag, length, contents. Nothing here is longer than 65535 bytes.
  function der(tag, ...contents) {
    const body = join(...contents), n = body.length;
    const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
    return join([tag, ...length], body);
  }
  const sequence = (...c) => der(0x30, ...c);
  const set = (...c) => der(0x31, ...c);
  const octets = (...c) => der(0x04, ...c);

  function oid(dotted) {
    const [first, second, ...rest] = dotted.split('.').map(Number);
    const out = [first * 40 + second];
    for (const arc of rest) { // base 128, every byte but the last with its high bit set
      const bytes = [arc & 0x7f];
      for (let left = arc >> 7; left > 0; left >>= 7) bytes.unshift(left & 0x7f | 0x80);
      out.push(...bytes);
    }
    return der(0x06, out);
  }

  // An INTEGER is signed: leading zeros go, and one comes back where the high bit is set.
  function integer(bytes) {
    let from = 0;
    while (from < bytes.length - 1 && bytes[from] === 0) from++;
    const body = bytes.slice(from);
    return der(0x02, body[0] & 0x80 ? join([0], body) : body);
  }

  const attribute = (type, value) => set(sequence(oid(type), der(0x0c, utf8(value))));
  const extension = (id, critical, value) => sequence(oid(id), ...(critical ? [der(0x01, [0xff])] : []), octets(value));

  // What Temporal Cloud asks of a client certificate; our CA sets these itself, others may take them from here.
  const extensions = () => sequence(
    extension('2.5.29.19', true, sequence()),                              // basicConstraints CA:FALSE
    extension('2.5.29.15', true, der(0x03, [7, 0x80])),                    // keyUsage digitalSignature
    extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.2'))));    // extendedKeyUsage clientAuth

  function pem(label, bytes) {
    const lines = btoa(String.fromCharCode(...bytes)).match(/.{1,64}/g).join('\n');
    return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
  }

  async function create({ cn, o = '', curve = 'P-384' }) {
    if (!hashes[curve]) throw new Error(`no such curve here: ${curve}`);
    const subtle = globalThis.crypto.subtle;
    const pair = await subtle.generateKey({ name: 'ECDSA', namedCurve: curve }, true, ['sign', 'verify']);
    const subject = sequence(...(o ? [attribute('2.5.4.10', o)] : []), ...(cn ? [attribute('2.5.4.3', cn)] : []));
    const request = der(0xa0, sequence(oid('1.2.840.113549.1.9.14'), set(extensions())));
    const info = sequence(der(0x02, [0]), subject, new Uint8Array(await subtle.exportKey('spki', pair.publicKey)), request);
    const raw = new Uint8Array(await subtle.sign({ name: 'ECDSA', hash: hashes[curve] }, pair.privateKey, info));
    const half = raw.length / 2; // WebCrypto gives r and s side by side, X.509 wants them as a SEQUENCE
    const signature = sequence(integer(raw.slice(0, half)), integer(raw.slice(half)));
    const csr = sequence(info, sequence(oid(signatures[curve])), der(0x03, [0], signature));
    return {
      csr: pem('CERTIFICATE REQUEST', csr),
      key: pem('PRIVATE KEY', new Uint8Array(await subtle.exportKey('pkcs8', pair.privateKey))),
    };
  }

  let table;

  function crc32(bytes) {
    table ??= Uint32Array.from({ length: 256 }, (_, n) => {
      for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1;
      return n >>> 0;
    });
    let crc = ~0;
    for (const b of bytes) crc = table[(crc ^ b) & 0xff] ^ crc >>> 8;
    return ~crc >>> 0;
  }

  // Little-endian fields: [value, bytes] each.
  function fields(...pairs) {
    const out = [];
    for (const [value, bytes] of pairs) for (let i = 0; i < bytes; i++) out.push(Math.floor(value / 2 ** (8 * i)) & 0xff);
    return out;
  }

  // A zip that only stores; marked as made on Unix, or the modes would not be read.
  function zip(files, now = new Date()) {
    const time = now.getUTCHours() << 11 | now.getUTCMinutes() << 5 | now.getUTCSeconds() >> 1;
    const date = Math.max(0, now.getUTCFullYear() - 1980) << 9 | now.getUTCMonth() + 1 << 5 | now.getUTCDate();
    const local = [], central = [];
    let at = 0;
    for (const { name, text, mode = 0o644 } of files) {
      const path = utf8(name), body = utf8(text), n = body.length;
      const shared = fields([20, 2], [0x0800, 2], [0, 2], [time, 2], [date, 2], [crc32(body), 4], [n, 4], [n, 4], [path.length, 2], [0, 2]);
      central.push(join(fields([0x02014b50, 4], [3 << 8 | 30, 2]), shared, fields([0, 2], [0, 2], [0, 2], [(0o100000 | mode) * 65536, 4], [at, 4]), path));
      const entry = join(fields([0x04034b50, 4]), shared, path, body);
      local.push(entry);
      at += entry.length;
    }
    const directory = join(...central);
    const end = fields([0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2], [directory.length, 4], [at, 4], [0, 2]);
    return join(...local, directory, end);
  }

  return { supported: () => Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle), create, zip };
})();
