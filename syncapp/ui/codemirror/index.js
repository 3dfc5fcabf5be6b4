// The parts of CodeMirror that the formula editor uses, as one global: `CodeMirror`.
export { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, completionStatus, startCompletion } from "@codemirror/autocomplete";
export { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
export { bracketMatching, HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
export { forceLinting, linter, lintKeymap, setDiagnostics } from "@codemirror/lint";
export { Compartment, EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
export { Decoration, drawSelection, EditorView, hoverTooltip, keymap, placeholder, showTooltip } from "@codemirror/view";
export { tags } from "@lezer/highlight";
