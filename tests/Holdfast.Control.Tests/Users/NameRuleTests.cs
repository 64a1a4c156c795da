using Holdfast.Control.Users;

namespace Holdfast.Control.Tests.Users;

public sealed class NameRuleTests
{
    [Theory]
    [InlineData("anna")]
    [InlineData("Ann\u00e9 M\u00fcller-2.b")]
    [InlineData("\u674e")]
    [InlineData("...")]
    public void A_name_that_can_be_read_is_one(string name) => Assert.Null(NameRule.TroubleOf(name));

    [Theory]
    [InlineData("")]
    [InlineData(" anna")]
    [InlineData("an\u200bna")]
    [InlineData("an\u202ena")]
    [InlineData("\ufeffanna")]
    [InlineData("an\nna")]
    [InlineData("an\u2028na")]
    [InlineData("anne\u0301")]
    [InlineData(".")]
    [InlineData("..")]
    public void A_name_that_looks_like_another_or_like_nothing_is_none(string name) => Assert.NotNull(NameRule.TroubleOf(name));
}
