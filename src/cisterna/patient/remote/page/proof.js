/* Signatures, fingerprints and the proof of a printed code: WebCrypto, nothing of our own. */

import { canonical } from "./canonical.js";

export const VERSION = 1;
const crypto_ = globalThis.crypto;
const ED25519 = { name: "Ed25519" };
const HMAC = { name: "HMAC", hash: "SHA-256" };

const hex = (buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** What is signed or hashed: protocol, version, purpose, newline, canonical text. */
export const text = (purpose, value) =>
  new TextEncoder().encode(`cisterna/link/${VERSION}/${purpose}\n${canonical(value)}`);

/** SHA-256 of a text for one purpose. */
export const digest = async (purpose, value) =>
  hex(await crypto_.subtle.digest("SHA-256", text(purpose, value)));

/** The name of a key: the fingerprint of its public half. */
export const keyId = (publicHex) => digest("key", publicHex);

/** What stands for a printed code; the code itself never travels. */
export const codeKey = (code) => digest("code", code);

/** 128 random bits. */
export const randomId = () => hex(crypto_.getRandomValues(new Uint8Array(16)));

/** A new key pair whose private half nobody can take out of this browser. */
export async function newKey() {
  const pair = await crypto_.subtle.generateKey(ED25519, false, ["sign", "verify"]);
  const publicHex = hex(await crypto_.subtle.exportKey("raw", pair.publicKey));
  return { sign: pair.privateKey, public: publicHex, id: await keyId(publicHex) };
}

/** The signature of a text for one purpose. */
export const signed = async (key, purpose, value) =>
  hex(await crypto_.subtle.sign(ED25519, key, text(purpose, value)));

/** Whether the owner of the public key signed exactly this for this purpose. */
export async function genuine(publicHex, purpose, value, signature) {
  try {
    const key = await crypto_.subtle.importKey("raw", bytes(publicHex), ED25519, false, ["verify"]);
    return await crypto_.subtle.verify(ED25519, key, bytes(signature), text(purpose, value));
  } catch {
    return false;
  }
}

const codeHmac = (code, use) =>
  crypto_.subtle.importKey("raw", bytes(code), HMAC, false, [use]);

/** HMAC under a code: who makes it has read the printed code, and meant this value. */
export const codeProof = async (code, purpose, value) =>
  hex(await crypto_.subtle.sign(HMAC, await codeHmac(code, "sign"), text(purpose, value)));

/** Whether the proof was made under this code. */
export const codeShown = async (code, purpose, value, proof) =>
  crypto_.subtle.verify(HMAC, await codeHmac(code, "verify"), bytes(proof), text(purpose, value));
