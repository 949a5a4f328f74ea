import type { ReactNode } from 'react'
import { Button } from '../parts/button.tsx'
import { TitleText } from '../parts/text/title-text.tsx'
import { back } from '../stores/navigation.ts'

/** The head of a view. Its title takes the focus when the view comes, so that a screen reader says where one is. */
export function ToolBar(props: { title: string; about?: ReactNode; canGoBack?: boolean; children?: ReactNode }) {
  return (
    <header className="tool">
      {props.canGoBack && (
        <span className="back">
          <Button look="plain" icon="back" label="Back" onClick={back} />
        </span>
      )}
      <h1 className={props.canGoBack ? 'cut' : ''} tabIndex={-1} title={props.canGoBack ? props.title : undefined}>
        <TitleText text={props.title} />
      </h1>
      {props.about && <span className="about cut">{props.about}</span>}
      <span className="grow" />
      {props.children}
    </header>
  )
}
