"""The keys that Quarto knows and publish does not read: to name them is no mistake."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROJECT = _words(
    """
    title lib-dir preview pre-render post-render detect
    """
)
WEBSITE = _words(
    """
    announcement back-to-top-navigation body-footer body-header bread-crumbs code-links comments
    cookie-consent draft-mode google-analytics image image-alt issue-url llms-txt
    margin-footer margin-header open-graph other-links page-navigation plausible-analytics
    reader-mode repo-link-rel repo-link-target search sidebar site-path twitter-card
    """
)
CELL = _words(
    """
    cache cap-location classes code-line-numbers code-overflow export fig-align fig-cap-location
    fig-column fig-dpi fig-env fig-format fig-height fig-link fig-pos fig-responsive fig-scap
    fig-width html-table-processing id layout layout-align layout-ncol layout-nrow layout-valign
    message output-location panel renderings results tags tbl-cap-location tbl-colwidths
    """
)
NAVBAR = _words(
    """
    background collapse collapse-below foreground logo logo-alt logo-href pinned search title
    toggle-position tools tools-collapse
    """
)
NAVBAR_ITEM = _words(
    """
    icon id menu rel target
    """
)
FOOTER = _words(
    """
    background border foreground
    """
)
EXECUTE = _words(
    """
    cache daemon daemon-restart debug enabled engine ipynb kernel
    """
)
LISTING = _words(
    """
    date-format exclude field-display-names field-links field-required field-types fields
    filter-ui grid-columns grid-item-align grid-item-border id image-align image-height
    image-lazy-loading image-placeholder include max-description-length max-items page-size
    sort-ui table-hover table-striped template template-params
    """
)
FEED = _words(
    """
    categories image language xml-stylesheet
    """
)
PAGE = _words(
    """
    about abstract abstract-title affiliations aliases anchor-sections appendix-cite-as
    appendix-style author-title authors backgroundcolor body-classes brand callout-appearance
    callout-icon canonical-url cap-location citation citation-location citations-hover citeproc
    classoption code-annotations code-block-bg code-block-border-left code-copy
    code-line-numbers code-link code-overflow code-tools column-margin comments copyright
    crossref crossrefs-hover css date-format date-modified default-image-extension df-print
    document-css doi editor editor_options email-obfuscation embed-resources engine engines
    fig-align fig-cap-location fig-dpi fig-format fig-height fig-responsive fig-width filters
    fontcolor fontsize footnotes-hover format-links formats funding google-scholar grid
    header-includes highlight-style html-table-processing hypothesis identifier-prefix
    image-alt image-height image-width include-after-body include-before-body include-in-header
    jupyter
    keep-hidden keep-ipynb keep-md keep-source keywords knitr language license lightbox
    linestretch link-bibliography link-external-filter link-external-icon
    link-external-newwindow linkcolor mainfont margin-bottom margin-left margin-right margin-top
    max-width metadata metadata-file metadata-files minimal monobackgroundcolor monofont nocite
    notebook-links notebook-view number-depth number-offset open-graph order other-links
    output-ext output-file page-layout page-navigation pagetitle params profile published-title
    quarto-required reader-mode reference-location reference-section-title repo-actions
    resources respect-user-color-scheme search section-divs self-contained server
    shift-heading-level-by shiny shortcodes sidebar smooth-scroll standalone strip-comments
    suppress-bibliography syntax-definitions syntax-highlighting table-of-contents
    tbl-cap-location tbl-colwidths template template-partials theme title-block-banner
    title-block-banner-color title-block-categories title-block-style title-prefix toc-expand
    toc-location toc-title top-level-division twitter-card validate-yaml variables
    """
)
FORMATS = _words(
    """
    asciidoc beamer commonmark confluence-html context dashboard docbook docx epub gfm hugo-md
    ipynb jats latex markdown mediawiki odt opml org pdf pptx revealjs rst rtf texinfo typst
    """
)
