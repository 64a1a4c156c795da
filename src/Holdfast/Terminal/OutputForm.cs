namespace Holdfast.Terminal;

/// <summary>What <c>--output</c> names.</summary>
internal enum OutputForm
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>All that is known, for programs.</summary>
    Json,

    /// <summary>A list, a row an item, for programs and spreadsheets.</summary>
    Csv,
}
