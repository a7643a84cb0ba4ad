// Starts Chromium, and believes the certificate of one provider.

import { X509Certificate, createHash } from "node:crypto";
import { connect } from "node:tls";
import { chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** On a busy machine about one start in a hundred hangs, before any page is opened. */
const STARTS_MAX = 3;
const STARTS_WITHIN_MS = 30_000;

/** A browser with a new profile. */
export async function launch(provider) {
  const args = [...ARGUMENTS];
  if (provider.issuer.startsWith("https:")) {
    args.push(`--ignore-certificate-errors-spki-list=${await pinOf(new URL(provider.issuer))}`);
  }
  for (let starts = 1; ; starts += 1) {
    try {
      return await chromium.launch({ executablePath: EXECUTABLE, headless: true, args, timeout: STARTS_WITHIN_MS });
    } catch (error) {
      if (starts === STARTS_MAX) throw error;
    }
  }
}

/**
 * The key of the certificate that the provider shows. Node verifies it by the provider's own authority, which stands in
 * NODE_EXTRA_CA_CERTS; Chromium knows authorities only from a store of the machine, which a test leaves alone.
 */
async function pinOf({ hostname, port }) {
  const socket = connect({ host: hostname, port, servername: hostname });
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  const { publicKey } = new X509Certificate(socket.getPeerCertificate().raw);
  socket.destroy();
  return createHash("sha256").update(publicKey.export({ type: "spki", format: "der" })).digest("base64");
}
