import { type GatewaySecret, type Secret, type SecretForm, secretHostText } from '../../core/network/secret.ts'
import { unreachable } from '../../core/unreachable.ts'

/** What the gateway of a machine needs of a secret. Pure. */
export function gatewaySecret(secret: Secret, value: string): GatewaySecret {
  const { name, form, methods, tools, path } = secret
  const origin = `https://${secretHostText(secret)}`
  return { name, origin, header: headerOf(form, value), methods, tools, path, hidden: formsOf(form, value) }
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

/** As it is, in a URL, in a form, in JSON, in HTML, and in base64, alone and as a server was sent it. */
function formsOf(form: SecretForm, value: string): readonly string[] {
  const html = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const json = JSON.stringify(value).slice(1, -1)
  const inUrl = encodeURIComponent(value)
  const inForm = new URLSearchParams({ '': value }).toString().slice(1)
  const inPath = inUrl.replaceAll('%2F', '/')
  const bare = (text: string): string => base64(text).replace(/=+$/, '')
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
      ...(form.kind === 'basic' ? [bare(`${form.user}:${value}`)] : []),
    ]),
  ]
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
