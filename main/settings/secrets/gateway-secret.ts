import {
  type GatewaySecret,
  type Secret,
  type SecretForm,
  secretHostText,
  tokenHostsOf,
} from '../../core/network/secret.ts'
import { unreachable } from '../../core/unreachable.ts'

/** What the gateway of a machine needs of a secret. Pure. */
export function gatewaySecret(secret: Secret, value: string): GatewaySecret {
  const { name, form, methods, tools, path } = secret
  const origin = `https://${secretHostText(secret)}`
  const tokenOrigins = tokenHostsOf(secret).map((host) => `https://${host}`)
  return {
    name,
    origin,
    header: headerOf(form, value),
    methods,
    tools,
    path,
    tokenOrigins,
    hidden: formsOf(form, value),
  }
}

function headerOf(form: SecretForm, value: string): GatewaySecret['header'] {
  switch (form.kind) {
    case 'bearer':
      return { name: 'Authorization', value: `Bearer ${value}` }
    case 'basic':
      return { name: 'Authorization', value: `Basic ${base64(`${form.user}:${value}`)}` }
    case 'header':
      return { name: form.name, value: `${form.prefix}${value}` }
    default:
      return unreachable(form)
  }
}

/** As it is, in a URL, in a form, in JSON, in HTML, in hexadecimal, in UTF-16, and in base64, alone, as a server was sent it, and as a part of more. */
function formsOf(form: SecretForm, value: string): readonly string[] {
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const json = JSON.stringify(value).slice(1, -1)
  const inUrl = encodeURIComponent(value)
  const inForm = new URLSearchParams({ '': value }).toString().slice(1)
  const inPath = inUrl.replaceAll('%2F', '/')
  const bare = (text: string): string => base64(text).replace(/=+$/, '')
  const sent = form.kind === 'basic' ? [bare(`${form.user}:${value}`)] : []
  const hex = Buffer.from(value, 'latin1').toString('hex')
  return [
    ...new Set([
      ...[value, json, html, bare(value)],
      ...[inUrl, inForm, inPath, encodeURI(value)].flatMap((text) => [
        text,
        text.replace(/%../g, (each) => each.toLowerCase()),
      ]),
      // As others write JSON and HTML: Go, Rails and PHP.
      ...[json.replaceAll('/', '\\/'), json.replace(/[&<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)],
      value.replace(/[&<>"'+]/g, (sign) => htmlOfGo[sign] ?? sign),
      ...sent,
      ...[hex, hex.toUpperCase(), value.split('').join('\0')],
      ...[value, ...sent].flatMap(withinBase64),
    ]),
  ]
}

/** In the middle of a text in base64: three bytes are four letters there, so it depends on how many bytes come before. The letters that are its own alone. */
function withinBase64(text: string): readonly string[] {
  return [0, 1, 2]
    .map((before) =>
      base64('\0'.repeat(before) + text).slice(
        Math.ceil((before * 8) / 6),
        Math.floor(((before + text.length) * 8) / 6),
      ),
    )
    .flatMap((letters) => [letters, letters.replaceAll('+', '-').replaceAll('/', '_')])
}

const htmlOfGo: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '+': '&#43;',
}

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')
